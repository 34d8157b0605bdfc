package rules_test

import (
	"fmt"
	"strings"
	"testing"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

var (
	theClaim = builder.MakeClaim("c").Pool("p").Obj()

	// bindings are the Sandboxes that a claim can be bound to.
	bindings = map[string]string{
		"nothing": "", "warm": "p-abcde", "another warm": "p-fghij", "cold": "c", "cold with a hash": rules.ColdName(theClaim, true),
	}
	// boundSandboxes are the states of the Sandbox that the binding names.
	boundSandboxes = map[string]func(name string) *sandboxv1.Sandbox{
		"gone":                   func(string) *sandboxv1.Sandbox { return nil },
		"in its pool":            func(name string) *sandboxv1.Sandbox { return warm(name).Obj() },
		"in its pool, deleting":  func(name string) *sandboxv1.Sandbox { return warm(name).Deleting().Obj() },
		"in its pool, not Ready": func(name string) *sandboxv1.Sandbox { return warm(name).Generation(2).Obj() },
		"ours":                   func(name string) *sandboxv1.Sandbox { return warm(name).ClaimedBy(theClaim).Obj() },
		"ours, deleting":         func(name string) *sandboxv1.Sandbox { return warm(name).ClaimedBy(theClaim).Deleting().Obj() },
		"of our earlier namesake": func(name string) *sandboxv1.Sandbox {
			return warm(name).ClaimedBy(builder.MakeClaim("c").UID("earlier").Obj()).Obj()
		},
		"another claim's": func(name string) *sandboxv1.Sandbox {
			return warm(name).ClaimedBy(builder.MakeClaim("other").Obj()).Obj()
		},
		"another's, deleting": func(name string) *sandboxv1.Sandbox {
			return warm(name).ClaimedBy(builder.MakeClaim("other").Obj()).Deleting().Obj()
		},
		"an orphan": func(name string) *sandboxv1.Sandbox { return warm(name).OwnerReferences().Obj() },
		"foreign": func(name string) *sandboxv1.Sandbox {
			return warm(name).OwnerReferences(controllers["foreign"]...).Obj()
		},
	}
)

func warm(name string) *builder.SandboxWrapper {
	return builder.MakeSandbox(name).Pool(builder.MakePool("p").Obj()).Ready()
}

func boundClaim(binding, status string) *extensionsv1.SandboxClaim {
	w := builder.MakeClaim("c").Pool("p")
	if binding != "" {
		w.BoundTo(binding)
	}
	return w.StatusSandbox(status).Obj()
}

// wantStep returns what a claim needs, by priority. A Sandbox of its own is served. A claim that had a Sandbox asks for
// no other. A cold name is created if it is free. A warm Sandbox is adopted while its pool has it, and otherwise it is
// lost for good.
func wantStep(binding, had, state string) rules.Step {
	isCold := strings.HasPrefix(binding, "cold")
	switch {
	case binding == "nothing":
		return rules.StepBind
	case strings.HasPrefix(state, "ours"):
		return rules.StepServe
	case had != "":
		return rules.StepMissing
	case isCold && state == "gone":
		return rules.StepCreate
	case isCold:
		return rules.StepBlocked
	case state == "in its pool", state == "in its pool, not Ready":
		return rules.StepAdopt
	}
	return rules.StepBind
}

func TestNextStepInEveryState(t *testing.T) {
	for binding, name := range bindings {
		for _, had := range []string{"", name} {
			for state, sandbox := range boundSandboxes {
				if binding == "nothing" && state != "gone" {
					continue
				}
				t.Run(fmt.Sprintf("bound to %s, had %q, which is %s", binding, had, state), func(t *testing.T) {
					claim := boundClaim(name, had)
					step := rules.NextStep(claim, sandbox(name))
					if want := wantStep(binding, had, state); step != want {
						t.Fatalf("got %s, want %s", step, want)
					}
					// A stale cache proves neither that an object is absent nor that a state has ended.
					safe := step == rules.StepServe || step == rules.StepAdopt || (step == rules.StepBind && binding == "nothing")
					if got := rules.IsSafeOnCache(claim, step); got != safe {
						t.Errorf("IsSafeOnCache(%s) = %t", step, got)
					}
				})
			}
		}
	}
}

func TestLost(t *testing.T) {
	adoptable := map[string]bool{"in its pool": true, "in its pool, not Ready": true, "ours": true, "ours, deleting": true}
	for state, sandbox := range boundSandboxes {
		if got, want := rules.IsBindingLost(boundClaim("p-abcde", ""), sandbox("p-abcde")), !adoptable[state]; got != want {
			t.Errorf("%s: lost %t, want %t", state, got, want)
		}
	}
}

// A lost Sandbox must stay lost, whatever change of its owners the rules still allow. So no write can overtake a
// decision that rests on the loss.
func TestLostIsFinal(t *testing.T) {
	claim := builder.MakeClaim("a").BoundTo("s").Obj()
	for from := range controllers {
		for to := range controllers {
			for _, actor := range actors {
				for _, deleting := range []bool{false, true} {
					old, obj := sandboxOf(from, deleting), sandboxOf(to, deleting)
					if len(rules.CheckController(old, obj, actor)) == 0 && rules.IsBindingLost(claim, old) && !rules.IsBindingLost(claim, obj) {
						t.Errorf("%s to %s (deleting %t) makes a lost Sandbox one to adopt", from, to, deleting)
					}
				}
			}
		}
	}
}

func TestWaits(t *testing.T) {
	for binding, name := range bindings {
		for _, had := range []string{"", name} {
			want := had == "" && !strings.HasSuffix(binding, "warm")
			if got := rules.IsWaiting(boundClaim(name, had)); got != want {
				t.Errorf("bound to %s, had %q: %t, want %t", binding, had, got, want)
			}
		}
	}
}
