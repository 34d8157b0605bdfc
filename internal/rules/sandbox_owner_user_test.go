package rules_test

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// reserved reports whether only the controller writes this owner.
func reserved(controller string) bool {
	return strings.HasPrefix(controller, "pool") || strings.HasPrefix(controller, "claim")
}

// A user must not change the controller of what a pool or a claim controls, nor make either an owner of anything.
func TestCheckUserOwnersOfEveryChange(t *testing.T) {
	for to := range controllers {
		t.Run("a new Sandbox of "+to, func(t *testing.T) {
			wantVerdict(t, rules.CheckUserOwners(nil, sandboxOf(to, false)), !reserved(to))
		})
		for from := range controllers {
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				wantVerdict(t, rules.CheckUserOwners(sandboxOf(from, false), sandboxOf(to, false)), from == to || !reserved(from) && !reserved(to))
			})
		}
	}
}

func TestCheckUserOwnersPaths(t *testing.T) {
	pool, claim, foreign := controllers["pool-a"][0], controllers["claim-a"][0], controllers["foreign"][0]
	aside := func(ref metav1.OwnerReference) metav1.OwnerReference {
		ref.Controller = nil
		return ref
	}
	unblocked := func(ref metav1.OwnerReference) metav1.OwnerReference {
		ref.BlockOwnerDeletion = nil
		return ref
	}
	with := func(refs ...metav1.OwnerReference) *sandboxv1.Sandbox {
		return builder.MakeSandbox("s").OwnerReferences(refs...).Obj()
	}
	const forbidden = "FieldValueForbidden metadata.ownerReferences"
	for name, tc := range map[string]struct {
		old, obj *sandboxv1.Sandbox
		want     []string
	}{
		"a new Sandbox with a claim as an owner beside others": {obj: with(foreign, aside(claim), aside(pool)), want: []string{forbidden + "[1]", forbidden + "[2]"}},
		"a friend of what a claim controls":                    {old: with(claim), obj: with(claim, aside(foreign))},
		"a friend of what a pool controls":                     {old: with(pool), obj: with(aside(foreign), pool)},
		"a friend that leaves a claim's":                       {old: with(claim, aside(foreign)), obj: with(claim)},
		"a friend, and the claim goes":                         {old: with(claim), obj: with(aside(foreign)), want: []string{forbidden}},
		"a friend, and the claim no longer controls":           {old: with(claim), obj: with(aside(claim), aside(foreign)), want: []string{forbidden}},
		"a friend, and another claim":                          {old: with(claim), obj: with(claim, aside(foreign), aside(controllers["claim-b"][0])), want: []string{forbidden + "[2]"}},
		"the claim no longer blocks":                           {old: with(claim), obj: with(unblocked(claim)), want: []string{forbidden}},
		"a friend takes it on":                                 {old: with(), obj: with(foreign)},
		"and hands it on":                                      {old: with(foreign), obj: with(aside(foreign), controllers["another"][0])},
		"and lets it go":                                       {old: with(foreign), obj: with()},
		"what the controller unblocks, a user does not":        {old: with(pool), obj: with(aside(pool)), want: []string{forbidden}},
		"a claim that was an owner already stays one":          {old: with(aside(claim)), obj: with(aside(claim), foreign)},
		"a claim that was an owner already is taken away":      {old: with(aside(claim)), obj: with()},
		"a claim that was an owner already, and another":       {old: with(aside(claim)), obj: with(aside(claim), aside(controllers["claim-b"][0])), want: []string{forbidden + "[1]"}},
		"no owner at all":                                      {old: with(), obj: with()},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusals(t, rules.CheckUserOwners(tc.old, tc.obj), tc.want...)
		})
	}
}

// I4: a claim may come to control a Sandbox only if it exists with that UID, is not being deleted, is bound to it, and
// never had one before.
func TestCheckAdoption(t *testing.T) {
	claims := map[string]*extensionsv1.SandboxClaim{
		"does not exist":        nil,
		"is bound to it":        builder.MakeClaim("a").BoundTo("s").Obj(),
		"is another":            builder.MakeClaim("a").UID("another").BoundTo("s").Obj(),
		"is being deleted":      builder.MakeClaim("a").BoundTo("s").Deleting().Obj(),
		"is not bound":          builder.MakeClaim("a").Obj(),
		"is bound to another":   builder.MakeClaim("a").BoundTo("other").Obj(),
		"had it already":        builder.MakeClaim("a").BoundTo("s").StatusSandbox("s").Obj(),
		"is bound by its label": builder.MakeClaim("a").Label(sandboxv1.LabelBinding, "s").Obj(),
	}
	for controller := range controllers {
		for state, claim := range claims {
			t.Run(fmt.Sprintf("%s controls, claim a %s", controller, state), func(t *testing.T) {
				pass := !strings.HasPrefix(controller, "claim") || (controller == "claim-a" && state == "is bound to it")
				errs := rules.CheckAdoption(sandboxOf("pool-a", false), sandboxOf(controller, false), claim)
				if pass {
					wantRefusals(t, errs)
				} else {
					wantRefusals(t, errs, owners)
				}
			})
		}
	}
}

func TestNeedsClaim(t *testing.T) {
	for to := range controllers {
		isClaim := strings.HasPrefix(to, "claim")
		if got := rules.NeedsClaim(nil, sandboxOf(to, false)); got != isClaim {
			t.Errorf("a new Sandbox of %s: %t", to, got)
		}
		for from := range controllers {
			if got, want := rules.NeedsClaim(sandboxOf(from, false), sandboxOf(to, false)), isClaim && from != to; got != want {
				t.Errorf("%s to %s: %t, want %t", from, to, got, want)
			}
		}
	}
}
