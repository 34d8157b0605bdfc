package rules_test

import (
	"strings"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// fitting returns claim, which may be nil, as if it named the pool that controls sandbox.
func fitting(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) *extensionsv1.SandboxClaim {
	if claim == nil || sandbox == nil || !rules.IsPool(rules.ControllerOf(sandbox)) {
		return claim
	}
	claim = claim.DeepCopy()
	claim.Spec.WarmPoolRef = &extensionsv1.SandboxWarmPoolReference{Name: rules.ControllerOf(sandbox).Name}
	return claim
}

// misfits counts the claims that were bound to a Sandbox of another pool than they name.
func misfits(w *world) int {
	count := 0
	for _, e := range w.claimLog {
		if e.object != nil && e.object.Status.Sandbox.Name == "" && strings.HasPrefix(rules.Binding(e.object), "p") &&
			e.object.Spec.WarmPoolRef != nil && !strings.HasPrefix(rules.Binding(e.object), e.object.Spec.WarmPoolRef.Name+"-") {
			count++
		}
	}
	return count
}
