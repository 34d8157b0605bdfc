package rules

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

var bindingPath = field.NewPath("metadata", "annotations").Key(sandboxv1.AnnotationBinding)

// Binding returns the name of the Sandbox that claim is bound to, or "" while it is not bound.
func Binding(claim *extensionsv1.SandboxClaim) string {
	return claim.Annotations[sandboxv1.AnnotationBinding]
}

// Waits says whether claim may be waiting for its pool or its template: it has no Sandbox on record, and is not bound to a warm
// one, or says why it is not Ready. One that is bound to a warm Sandbox and says nothing is on its way.
func IsWaiting(claim *extensionsv1.SandboxClaim) bool {
	onItsWay := Binding(claim) != "" && !IsColdName(claim, Binding(claim)) && len(claim.Status.Conditions) == 0
	return claim.Status.Sandbox.Name == "" && !onItsWay
}

// LegacyBinding returns the name of the Sandbox that a claim from before bindings were annotations has, or was to get: from
// its status, or else from its label. It is "" for a claim that is bound, and for one that is new.
func LegacyBinding(claim *extensionsv1.SandboxClaim) string {
	switch {
	case Binding(claim) != "":
		return ""
	case claim.Status.Sandbox.Name != "":
		return claim.Status.Sandbox.Name
	}
	return claim.Labels[sandboxv1.LabelBinding]
}

// ExistingBinding returns the name of the Sandbox that claim has, or was to get, although no binding that stands says so; "" where
// there is none, and a Sandbox is to be chosen. older is the Sandbox of its LegacyBinding, namesake the one that has the
// claim's own name; nil where they do not exist. What a claim controls comes before what it was to get: it never controls two.
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

// Lost says whether claim can never adopt sandbox, the one that its warm binding names: it is gone (nil), it is being
// deleted, or its pool no longer controls it. All three are final. A Sandbox that the claim itself controls is not
// lost, even while it is being deleted: the claim would come to control two.
func IsBindingLost(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) bool {
	if sandbox == nil {
		return true
	}
	if ControlledBy(sandbox, claim) {
		return false
	}
	return sandbox.DeletionTimestamp != nil || !IsPool(ControllerOf(sandbox))
}

// CheckBinding checks the change of a claim's binding. It is written once. Only while the claim has no Sandbox on record
// and only a warm binding may be rewritten, and then only when the Sandbox that it names is Lost. sandbox is that one,
// as it is now, or nil. A claim with a Sandbox on record is bound to that one.
func CheckBinding(old, obj *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) field.ErrorList {
	before, after := Binding(old), Binding(obj)
	switch {
	case before == after:
		return nil
	case old.Status.Sandbox.Name != "" && after == old.Status.Sandbox.Name:
		return nil
	case before == "" && old.Status.Sandbox.Name != "":
		return invalidBinding(after, "this claim already has Sandbox %q: bind it to that one", old.Status.Sandbox.Name)
	case before == "":
		return nil
	case after == "":
		return invalidBinding(after, "a binding is never removed: keep %q", before)
	case old.Status.Sandbox.Name != "":
		return invalidBinding(after, "this claim already has Sandbox %q: keep %q, or create a new claim", old.Status.Sandbox.Name, before)
	case IsColdName(old, before):
		return invalidBinding(after, "a binding to a Sandbox of the claim's own name is final: keep %q", before)
	case !IsBindingLost(old, sandbox):
		return invalidBinding(after, "Sandbox %q can still be adopted: keep %q", before, before)
	}
	return nil
}

// NeedsBoundSandbox says whether CheckBinding depends on the Sandbox that old's binding names.
func NeedsBoundSandbox(old, obj *extensionsv1.SandboxClaim) bool {
	return old.Status.Sandbox.Name == "" && Binding(old) != "" && Binding(old) != Binding(obj) && len(CheckBinding(old, obj, nil)) == 0
}

func invalidBinding(value, format string, args ...any) field.ErrorList {
	return field.ErrorList{field.Invalid(bindingPath, value, fmt.Sprintf(format, args...))}
}
