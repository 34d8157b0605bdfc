package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const bindingPath = "metadata.annotations[agents.x-k8s.io/sandbox-name]"

// mayRebind is invariant I3: a binding is written once, and to the Sandbox that the claim has if it has one. It may be
// rewritten only if it is warm, its claim never had a Sandbox, and its Sandbox is lost. A Sandbox is lost if it is
// gone, is being deleted, or is no longer its pool's, and is not the claim's own.
func mayRebind(before, after, had, state string) bool {
	if before == after {
		return true
	}
	if had != "" && bindings[after] == had {
		return true
	}
	if before == "nothing" {
		return had == ""
	}
	lost := !strings.HasPrefix(state, "ours") && state != "in its pool" && state != "in its pool, not Ready"
	return after != "nothing" && !strings.HasPrefix(before, "cold") && had == "" && lost
}

func TestCheckBindingOfEveryChange(t *testing.T) {
	for before, name := range bindings {
		for after := range bindings {
			for _, had := range []string{"", "p-abcde", "c"} {
				old, obj := boundClaim(name, had), boundClaim(bindings[after], had)
				verdicts := map[bool]bool{}
				for state, sandbox := range boundSandboxes {
					t.Run(fmt.Sprintf("%s to %s, had %q, which is %s", before, after, had, state), func(t *testing.T) {
						errs := rules.CheckBinding(old, obj, sandbox(name))
						allowed := mayRebind(before, after, had, state)
						verdicts[allowed] = true
						if allowed {
							wantRefusals(t, errs)
						} else {
							wantRefusals(t, errs, "FieldValueInvalid "+bindingPath)
						}
					})
				}
				// The Sandbox must be looked up only if it decides the result.
				if got, want := rules.NeedsBoundSandbox(old, obj), len(verdicts) > 1; got != want {
					t.Errorf("%s to %s, had %q: NeedsBoundSandbox %t, want %t", before, after, had, got, want)
				}
			}
		}
	}
}

func TestCheckBindingOfAClaimFromBefore(t *testing.T) {
	for name, tc := range map[string]struct {
		after string
		want  []string
	}{
		"is bound to the Sandbox that it has":  {after: "c"},
		"is not bound to another warm Sandbox": {after: "p-abcde", want: []string{"FieldValueInvalid " + bindingPath}},
		"is not bound to what it was to get":   {after: "p-fghij", want: []string{"FieldValueInvalid " + bindingPath}},
	} {
		t.Run(name, func(t *testing.T) {
			old := builder.MakeClaim("c").StatusSandbox("c").Obj()
			obj := builder.MakeClaim("c").StatusSandbox("c").BoundTo(tc.after).Obj()
			wantRefusals(t, rules.CheckBinding(old, obj, nil), tc.want...)
		})
	}
}

// The status must name the Sandbox that the claim is bound to, and must never change after that.
func TestCheckClaimStatusOfEveryChange(t *testing.T) {
	names := []string{"", "p-abcde", "p-fghij"}
	for _, before := range names {
		for _, after := range names {
			for _, binding := range names {
				t.Run(fmt.Sprintf("%q to %q, bound to %q", before, after, binding), func(t *testing.T) {
					errs := rules.CheckClaimStatus(boundClaim(binding, before), boundClaim(binding, after), rules.Controller)
					if before == after || (before == "" && after == binding) {
						wantRefusals(t, errs)
					} else {
						wantRefusals(t, errs, "FieldValueInvalid status.sandbox.name")
					}
					if errs := rules.CheckClaimStatus(boundClaim(binding, before), boundClaim(binding, after), rules.User); (len(errs) > 0) != (before != after) {
						t.Errorf("by a user: %v", errs)
					}
				})
			}
		}
	}
}
