package rules

import (
	"fmt"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// misfit returns why claim, which is bound to sandbox, must not adopt it although it is in a pool, or "" if it may. The pool,
// or the template, is not the one that the claim names, or the claim wants what only a new Sandbox can have.
//
// Admission never picks such a Sandbox. But a mutating webhook of somebody else's that comes after Namesake's may change the
// claim that the pick was made for.
//
// A misfit is final. The schema keeps a claim's references as they were created, and admission its env and volumes once the
// claim is bound (checkFixed). The controller of a Sandbox in a pool has one name, and only the manager writes the template's
// name on a Sandbox, at its creation. So everybody who knows of the binding decides the same, however stale their view is.
func misfit(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) string {
	pool, template := ControllerOf(sandbox), sandbox.Annotations[sandboxv1.AnnotationTemplateRef]
	wantsPool, wantsTemplate := claim.Spec.WarmPoolRef, claim.Spec.SandboxTemplateRef
	switch {
	case !IsPool(pool):
		return ""
	case wantsPool != nil && wantsPool.Name != pool.Name:
		return fmt.Sprintf("is for SandboxWarmPool %q, and Sandbox %q is in %s", wantsPool.Name, sandbox.Name, describeOwner(pool))
	case wantsTemplate != nil && template != "" && wantsTemplate.Name != template: // Long ago, it was not written on each.
		return fmt.Sprintf("is for SandboxTemplate %q, and Sandbox %q is of %q", wantsTemplate.Name, sandbox.Name, template)
	case !canAdopt(claim):
		return "asks for env or volumes of its own, which only a new Sandbox has"
	}
	return ""
}
