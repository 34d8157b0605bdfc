package rules

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

var ownersPath = field.NewPath("metadata", "ownerReferences")

// CheckController checks the change of a Sandbox's controller: it changes once at most, from the SandboxWarmPool that
// created the Sandbox to a SandboxClaim, and never while the Sandbox is being deleted. A Sandbox born under a claim, or
// under nobody, stays so; only the garbage collector takes a controller away, and what lost its controller never gets
// another. old is nil on create, where any controller is a first one.
func CheckController(old, obj *sandboxv1.Sandbox, actor Actor) field.ErrorList {
	if old == nil {
		return nil
	}
	before, after := ControllerOf(old), ControllerOf(obj)
	switch {
	case sameOwner(before, after):
		return nil
	case after == nil && actor == GarbageCollector:
		return nil
	case after == nil:
		return invalidOwner(after, "this Sandbox is controlled by %s and keeps that controller: delete the Sandbox or its controller instead",
			describeOwner(before))
	case !IsPool(before):
		return invalidOwner(after, "this Sandbox is controlled by %s and stays so: a Sandbox is adopted once, out of a SandboxWarmPool by a SandboxClaim. "+
			"To get a Sandbox of your own, create a SandboxClaim", describeOwner(before))
	case !IsClaim(after):
		return invalidOwner(after, "this Sandbox is controlled by %s: only a SandboxClaim can adopt it", describeOwner(before))
	case old.DeletionTimestamp != nil:
		return invalidOwner(after, "this Sandbox is being deleted: it is not adopted any more")
	case len(obj.OwnerReferences) != 1:
		return field.ErrorList{field.TooMany(ownersPath, len(obj.OwnerReferences), 1)}
	}
	return nil
}

// CheckUserOwners returns a Forbidden error for each change of a Sandbox's owner references that is not for a user to
// make: naming a pool or a claim as an owner, and changing the owners of what a pool or a claim controls. old is nil
// on create.
func CheckUserOwners(old, obj *sandboxv1.Sandbox) field.ErrorList {
	if old != nil {
		if equality.Semantic.DeepEqual(old.OwnerReferences, obj.OwnerReferences) {
			return nil
		}
		if ref := ControllerOf(old); IsPool(ref) || IsClaim(ref) {
			return field.ErrorList{field.Forbidden(ownersPath, fmt.Sprintf(
				"this Sandbox is controlled by %s: only Namesake's controller changes its owners", describeOwner(ref)))}
		}
	}
	var errs field.ErrorList
	for i := range obj.OwnerReferences {
		if ref := &obj.OwnerReferences[i]; (IsPool(ref) || IsClaim(ref)) && !hasOwner(old, ref) {
			errs = append(errs, field.Forbidden(ownersPath.Index(i), fmt.Sprintf(
				"only Namesake's controller makes %s the owner of a Sandbox: leave it out, and create a SandboxClaim to get a Sandbox", describeOwner(ref))))
		}
	}
	return errs
}

// CheckAdoption checks that claim may come to control sandbox: it exists under the UID in the Sandbox's controller
// reference, is not being deleted, its binding names the Sandbox, and it never had one. claim is nil when it does not
// exist. A Sandbox that no claim controls passes.
func CheckAdoption(sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) field.ErrorList {
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
	}
	return nil
}

// CheckPodName checks the annotation that names a Sandbox's Pod: it is the Sandbox's own name, or left out. Only a Sandbox
// that already names another Pod, from the time of pools of Pods, goes on doing so, until the controller finds that Pod
// gone. The controller says what it finds: which Pod is the Sandbox's is decided by the Pod's owner reference, not by this.
// old is nil on create.
func CheckPodName(old, obj *sandboxv1.Sandbox, actor Actor) field.ErrorList {
	path := field.NewPath("metadata", "annotations").Key(sandboxv1.AnnotationPodName)
	before, after := "", obj.Annotations[sandboxv1.AnnotationPodName]
	if old != nil {
		before = old.Annotations[sandboxv1.AnnotationPodName]
	}
	switch own := after == "" || after == obj.Name; {
	case before == after, actor == Controller && old != nil:
		return nil
	case old != nil && PodName(old) != old.Name:
		return field.ErrorList{field.Invalid(path, after, fmt.Sprintf("this Sandbox has Pod %q until that Pod is gone: keep %q", before, before))}
	case !own:
		return field.ErrorList{field.Invalid(path, after, fmt.Sprintf(
			"a Sandbox's Pod bears its name: use %q, or leave the annotation out", obj.Name))}
	}
	return nil
}

// CheckPoolMember returns a Forbidden error for a change of the spec of a Sandbox in a pool: whoever adopts it has to know
// what is in it. old is nil on create.
func CheckPoolMember(old, obj *sandboxv1.Sandbox) field.ErrorList {
	if old == nil || !IsPool(ControllerOf(old)) || equality.Semantic.DeepEqual(old.Spec, obj.Spec) {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec"), fmt.Sprintf(
		"this Sandbox is in %s: change the pool's SandboxTemplate instead", describeOwner(ControllerOf(old))))}
}

// sameOwner says whether after names the owner that before names. A version that is not served may give way to the one that
// is, and never comes back.
func sameOwner(before, after *metav1.OwnerReference) bool {
	if before == nil || after == nil {
		return before == after
	}
	return before.UID == after.UID && before.Kind == after.Kind && before.Name == after.Name &&
		(before.APIVersion == after.APIVersion || servedVersion(before) == after.APIVersion)
}

func hasOwner(sandbox *sandboxv1.Sandbox, ref *metav1.OwnerReference) bool {
	if sandbox == nil {
		return false
	}
	for i := range sandbox.OwnerReferences {
		if sameOwner(&sandbox.OwnerReferences[i], ref) {
			return true
		}
	}
	return false
}

func invalidOwner(ref *metav1.OwnerReference, format string, args ...any) field.ErrorList {
	return field.ErrorList{field.Invalid(ownersPath, describeOwner(ref), fmt.Sprintf(format, args...))}
}

// NeedsClaim says whether the write of obj makes a claim its controller, so that the claim has to be looked at. old is nil
// on create.
func NeedsClaim(old, obj *sandboxv1.Sandbox) bool {
	after := ControllerOf(obj)
	return IsClaim(after) && (old == nil || !sameOwner(ControllerOf(old), after))
}
