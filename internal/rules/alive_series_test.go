package rules_test

import (
	"testing"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestAliveSeries(t *testing.T) {
	alive := rules.AliveSeries(
		[]extensionsv1.SandboxTemplate{*builder.MakeTemplate("t").Namespace("a").Obj()},
		[]extensionsv1.SandboxWarmPool{*builder.MakePool("p").Namespace("a").Obj()},
		[]extensionsv1.SandboxClaim{*builder.MakeClaim("c").Namespace("b").Obj()},
	)
	for name, tc := range map[string]struct {
		namespace, template, pool string
		want                      bool
	}{
		"all of it exists":                        {"a", "t", "p", true},
		"a series without a namespace":            {"", "t", "", true},
		"a series without a namespace, gone":      {"", "gone", "", false},
		"the template is gone":                    {"a", "gone", "p", false},
		"the template is another namespace's":     {"b", "t", "none", false},
		"the pool is gone":                        {"a", "t", "gone", false},
		"the pool is another namespace's":         {"b", "__unknown__", "p", false},
		"a namespace with a claim and no more":    {"b", "", "", true},
		"a claim without a template and a pool":   {"b", "__unknown__", "none", true},
		"a Sandbox without a template":            {"a", "unknown", "", true},
		"a namespace with nothing in it any more": {"gone", "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := alive(tc.namespace, tc.template, tc.pool); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
