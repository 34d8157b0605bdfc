package rules

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// CheckAdoption checks that claim may come to control sandbox. The claim must exist with the UID in the Sandbox's
// controller reference, and must not be being deleted. Its binding must name the Sandbox, and it must never have had
// one. What comes out of a pool must fit the claim: a binding to what does not may be rewritten, so nobody may go by it. old is
// the Sandbox as it was, or nil on create. claim is nil if it does not exist. A Sandbox that no claim controls passes.
func CheckAdoption(old, sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) field.ErrorList {
	ref := ControllerOf(sandbox)
	switch {
	case !IsClaim(ref):
		return nil
	case claim == nil || claim.UID != ref.UID:
		return invalidOwner(ref, "no SandboxClaim %q with UID %q exists in namespace %q", ref.Name, ref.UID, sandbox.Namespace)
	case claim.DeletionTimestamp != nil:
		return invalidOwner(ref, "SandboxClaim %q is being deleted: it adopts nothing any more", claim.Name)
	case Binding(claim) == "":
		return invalidOwner(ref, "SandboxClaim %q is not bound to a Sandbox yet: a claim is bound before it adopts", claim.Name)
	case Binding(claim) != sandbox.Name:
		return invalidOwner(ref, "SandboxClaim %q is bound to Sandbox %q: a claim never controls a second one", claim.Name, Binding(claim))
	case claim.Status.Sandbox.Name != "":
		return invalidOwner(ref, "SandboxClaim %q has had Sandbox %q: a claim never gets a second one", claim.Name, claim.Status.Sandbox.Name)
	case old != nil && misfit(claim, old) != "":
		return invalidOwner(ref, "SandboxClaim %q %s: the claim is bound to another", claim.Name, misfit(claim, old))
	}
	return nil
}

// NeedsClaim reports whether the write of obj makes a claim its controller, so that the claim has to be read. old is
// nil on create.
func NeedsClaim(old, obj *sandboxv1.Sandbox) bool {
	after := ControllerOf(obj)
	return IsClaim(after) && (old == nil || !sameOwner(ControllerOf(old), after))
}
