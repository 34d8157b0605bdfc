package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestCheckTemplateName(t *testing.T) {
	one, two := builder.CollidingNames()
	template := func(name string) *extensionsv1.SandboxTemplate { return builder.MakeTemplate(name).Obj() }
	for name, tc := range map[string]struct {
		template, other *extensionsv1.SandboxTemplate
		want            field.ErrorList
	}{
		"alone": {template(one), nil, nil},
		"a name of the same hash": {template(two), template(one), field.ErrorList{{
			Type: field.ErrorTypeInvalid, Field: "metadata.name", BadValue: "python-svmtpy",
			Detail: `SandboxTemplate "python-ingvpc" in this namespace has a name of the same hash, 1e8d9f25, and NetworkPolicies select the Pods of a template by it: use another name`,
		}}},
		"the same name":          {template(one), template(one), nil}, // The API server itself refuses this.
		"a name of another hash": {template(one), template("python"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, rules.CheckTemplateName(tc.template, tc.other)); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestElder(t *testing.T) {
	one, two := builder.CollidingNames()
	at := func(name string, seconds int) *extensionsv1.SandboxTemplate {
		return builder.MakeTemplate(name).CreatedAt(builder.Epoch.Add(time.Duration(seconds) * time.Second)).Obj()
	}
	for name, tc := range map[string]struct {
		template *extensionsv1.SandboxTemplate
		others   []*extensionsv1.SandboxTemplate
		want     string
	}{
		"alone":                   {at(one, 5), nil, ""},
		"itself among the others": {at(one, 5), []*extensionsv1.SandboxTemplate{at(one, 5)}, ""},
		"after the other":         {at(one, 5), []*extensionsv1.SandboxTemplate{at(one, 5), at(two, 4)}, two},
		"before the other":        {at(two, 4), []*extensionsv1.SandboxTemplate{at(one, 5), at(two, 4)}, ""},
		"in the same second, with a name that is last":  {at(two, 5), []*extensionsv1.SandboxTemplate{at(one, 5)}, one},
		"in the same second, with a name that is first": {at(one, 5), []*extensionsv1.SandboxTemplate{at(two, 5)}, ""},
		"after one of another hash":                     {at(one, 5), []*extensionsv1.SandboxTemplate{at("python", 1)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var others []extensionsv1.SandboxTemplate
			for _, other := range tc.others {
				others = append(others, *other)
			}
			got := ""
			if elder := rules.EarlierCollision(tc.template, others); elder != nil {
				got = elder.Name
			}
			if got != tc.want {
				t.Errorf("elder %q, want %q", got, tc.want)
			}
		})
	}
}

// Whatever order they are listed in, exactly one of the templates that collide has no earlier collision.
func TestOneHasNoEarlierCollision(t *testing.T) {
	one, two := builder.CollidingNames()
	list := []extensionsv1.SandboxTemplate{*builder.MakeTemplate(two).Obj(), *builder.MakeTemplate("python").Obj(), *builder.MakeTemplate(one).Obj()}
	first := 0
	for i := range list {
		if rules.EarlierCollision(&list[i], list) == nil && list[i].Name != "python" {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d of two have no elder, want 1", first)
	}
}

func TestCollisionMessage(t *testing.T) {
	one, two := builder.CollidingNames()
	elder, template := builder.MakeTemplate(one).Obj(), builder.MakeTemplate(two)
	const which = `SandboxTemplate "python-ingvpc", which was there before, has a name of the same hash, 1e8d9f25, and NetworkPolicies select the Pods of a template by it: `
	const advice = `. Create this template under another name instead`
	managed := which + `NetworkPolicy "python-svmtpy-network-policy" therefore allows nothing, and the Pods of this template may do what those of "python-ingvpc" may` + advice
	unmanaged := which + `the NetworkPolicy of "python-ingvpc" therefore applies to the Pods of this template` + advice
	if diff := cmp.Diff(managed, rules.CollisionMessage(template.Obj(), elder)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(unmanaged, rules.CollisionMessage(template.NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj(), elder)); diff != "" {
		t.Error(diff)
	}
}
