package rules

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

var bindingPath = field.NewPath("metadata", "annotations").Key(sandboxv1.AnnotationBinding)

// Binding returns the name of the Sandbox that claim is bound to, or "" if the claim is not bound.
func Binding(claim *extensionsv1.SandboxClaim) string {
	return claim.Annotations[sandboxv1.AnnotationBinding]
}

// IsWaiting reports whether claim may be waiting for its pool or its template. Such a claim has no Sandbox on record.
// It is also not bound to a warm Sandbox, or its status has a condition that says why it is not Ready. A claim that is
// bound to a warm Sandbox and has no conditions is still being processed and does not wait.
func IsWaiting(claim *extensionsv1.SandboxClaim) bool {
	return claim.Status.Sandbox.Name == "" && !isBoundWarm(claim)
}

// LegacyBinding returns the name of the Sandbox that claim has or was to get, if the claim is older than the binding
// annotation. The name comes from the claim's status, or else from its label. LegacyBinding returns "" for a claim that
// is bound, and for a new claim.
func LegacyBinding(claim *extensionsv1.SandboxClaim) string {
	switch {
	case Binding(claim) != "":
		return ""
	case claim.Status.Sandbox.Name != "":
		return claim.Status.Sandbox.Name
	}
	return claim.Labels[sandboxv1.LabelBinding]
}

// ExistingBinding returns the name of the Sandbox that claim has or was to get although no valid binding names it. It
// returns "" if there is none, and then a Sandbox has to be chosen. older is the Sandbox that LegacyBinding names, and
// namesake is the one with the claim's own name. Both are nil if they do not exist. A Sandbox that the claim controls
// comes before one that it was to get, because a claim never controls two.
func ExistingBinding(claim *extensionsv1.SandboxClaim, older, namesake *sandboxv1.Sandbox) string {
	switch {
	case claim.Status.Sandbox.Name != "":
		return claim.Status.Sandbox.Name
	case older != nil && ControlledBy(older, claim):
		return older.Name
	case namesake != nil && ControlledBy(namesake, claim):
		return namesake.Name
	case older != nil && !IsColdName(claim, older.Name) && !IsBindingLost(claim, older):
		return older.Name
	}
	return ""
}

// IsBindingLost reports whether claim can never adopt sandbox, the Sandbox that its warm binding names. That is so if
// the Sandbox is gone (nil), is being deleted, is no longer controlled by a pool, or does not fit the claim (see misfit). All
// four are final. A Sandbox that the claim controls is not lost, even while it is being deleted. Otherwise the claim could
// come to control two.
func IsBindingLost(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) bool {
	if sandbox == nil {
		return true
	}
	if ControlledBy(sandbox, claim) {
		return false
	}
	return sandbox.DeletionTimestamp != nil || !IsPool(ControllerOf(sandbox)) || misfit(claim, sandbox) != ""
}

// CheckBinding checks the change of a claim's binding. A binding is written once. It may be rewritten only if it is
// warm, the claim has no Sandbox on record, and IsBindingLost reports true for the Sandbox that it names. sandbox is
// that Sandbox as it is now, or nil. A claim with a Sandbox on record can only be bound to that Sandbox.
func CheckBinding(old, obj *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) field.ErrorList {
	before, after := Binding(old), Binding(obj)
	switch {
	case before == after:
		return nil
	case old.Status.Sandbox.Name != "" && after == old.Status.Sandbox.Name:
		return nil
	case before == "" && old.Status.Sandbox.Name != "":
		return invalidBinding(after, WordsBoundTo, old.Status.Sandbox.Name)
	case before == "":
		return nil
	case after == "":
		return invalidBinding(after, WordsNeverUnbound, before)
	case old.Status.Sandbox.Name != "":
		return invalidBinding(after, WordsBoundForGood, old.Status.Sandbox.Name, before)
	case IsColdName(old, before):
		return invalidBinding(after, WordsColdStays, before)
	case !IsBindingLost(old, sandbox):
		return invalidBinding(after, "Sandbox %q can still be adopted: keep %q", before, before)
	}
	return nil
}

// NeedsBoundSandbox reports whether the result of CheckBinding depends on the Sandbox that old's binding names.
func NeedsBoundSandbox(old, obj *extensionsv1.SandboxClaim) bool {
	return old.Status.Sandbox.Name == "" && Binding(old) != "" && Binding(old) != Binding(obj) && len(CheckBinding(old, obj, nil)) == 0
}

func invalidBinding(value string, words Words, found ...any) field.ErrorList {
	return field.ErrorList{field.Invalid(bindingPath, value, words.With(found...))}
}
