package rules_test

import (
	"strings"
	"testing"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestMeetsSchema(t *testing.T) {
	with := func(lifecycle extensionsv1.Lifecycle) *builder.ClaimWrapper {
		return builder.MakeClaim("c").Pool("p").Lifecycle(lifecycle)
	}
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  bool
	}{
		"of a pool":                     {builder.MakeClaim("c").Pool("p"), true},
		"of a template":                 {builder.MakeClaim("c").Template("t"), true},
		"of both":                       {builder.MakeClaim("c").Pool("p").Template("t"), false},
		"of neither":                    {builder.MakeClaim("c"), false},
		"of a pool that cannot be":      {builder.MakeClaim("c").Pool("P"), false},
		"of a template without a name":  {builder.MakeClaim("c").Template(""), false},
		"a name that cannot be":         {builder.MakeClaim("My_Claim").Pool("p"), false},
		"a name that is too long":       {builder.MakeClaim(strings.Repeat("a", 254)).Pool("p"), false},
		"a name with dots":              {builder.MakeClaim("a.b").Pool("p"), true},
		"a prefix":                      {builder.MakeClaim("").GenerateName("c-").Pool("p"), true},
		"a prefix that cannot be":       {builder.MakeClaim("").GenerateName("Claims-").Pool("p"), false},
		"no name at all":                {builder.MakeClaim("").Pool("p"), false},
		"a time to live":                {with(extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(0))}), true},
		"a negative time to live":       {with(extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(-1))}), false},
		"a policy":                      {with(extensionsv1.Lifecycle{ShutdownPolicy: extensionsv1.ShutdownPolicyDelete}), true},
		"a policy that there is not":    {with(extensionsv1.Lifecycle{ShutdownPolicy: "Stop"}), false},
		"a policy of other small print": {with(extensionsv1.Lifecycle{ShutdownPolicy: "delete"}), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.MeetsSchema(tc.claim.Obj()); got != tc.want {
				t.Errorf("got %t, want %t", got, tc.want)
			}
		})
	}
}
