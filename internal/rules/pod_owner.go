package rules

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// CheckPodOwner checks what a Pod that a Sandbox controls shows by itself. The Pod has the Sandbox's name, has no other
// owner, and keeps its controller. A Pod that keeps its Sandbox passes under any name, because it may come from a pool
// of Pods. It also keeps other owners that it has already. Only the garbage collector removes the controller. old is
// nil on create.
func CheckPodOwner(old, pod *corev1.Pod, actor Actor) field.ErrorList {
	var before *metav1.OwnerReference
	if old != nil {
		before = ControllerOf(old)
	}
	after := ControllerOf(pod)
	switch {
	case actor != GarbageCollector && IsSandbox(after) && len(pod.OwnerReferences) > ownersBefore(old, after):
		return field.ErrorList{field.Invalid(ownersPath, len(pod.OwnerReferences), WordsOneOwner.With(after.Name))}
	case IsSandbox(before) && sameOwner(before, after):
		return nil
	case IsSandbox(before) && after == nil && actor == GarbageCollector:
		return nil
	case IsSandbox(before):
		return invalidOwner(after, WordsPodStays, before.Name)
	case !IsSandbox(after):
		return nil
	case pod.Name != after.Name:
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), pod.Name, WordsPodName.With(after.Name, after.Name))}
	}
	return nil
}

// ownersBefore returns how many owners a Pod may have that sandbox controls: as many as it had under that Sandbox, and
// otherwise one.
func ownersBefore(old *corev1.Pod, sandbox *metav1.OwnerReference) int {
	if old == nil || !sameOwner(ControllerOf(old), sandbox) {
		return 1
	}
	return len(old.OwnerReferences)
}

// NeedsSandbox reports whether the write of pod makes a Sandbox its controller, so that the Sandbox has to be read.
func NeedsSandbox(old, pod *corev1.Pod) bool {
	return IsSandbox(ControllerOf(pod)) && (old == nil || !sameOwner(ControllerOf(old), ControllerOf(pod)))
}

// CheckPodSandbox checks a Pod that a Sandbox is to control against that Sandbox, which is nil if it does not exist.
// The Sandbox's UID must be the one in the owner reference. Only Namesake's controller creates the Pod of a Sandbox in
// a pool or of a claim, so that whoever has it knows what is in it. Not even the controller gives such a Sandbox a Pod
// that existed before. A Sandbox that still has a Pod of another name gets no second one. The controller itself has
// found that Pod gone. old is nil on create.
func CheckPodSandbox(old, pod *corev1.Pod, sandbox *sandboxv1.Sandbox, actor Actor) field.ErrorList {
	ref := ControllerOf(pod)
	path := ownersPath.Index(controllerIndex(pod))
	switch {
	case sandbox == nil:
		return field.ErrorList{field.Invalid(path.Child("uid"), ref.UID, fmt.Sprintf(
			"Sandbox %q does not exist in namespace %q: create the Sandbox, and its Pod comes with it", ref.Name, pod.Namespace))}
	case sandbox.UID != ref.UID:
		return field.ErrorList{field.Invalid(path.Child("uid"), ref.UID, fmt.Sprintf(
			"Sandbox %q has UID %q, this one is that of an earlier Sandbox of its name: leave this Pod out, the Sandbox makes its own",
			ref.Name, sandbox.UID))}
	case isFromTemplate(sandbox) && old != nil:
		return field.ErrorList{field.Invalid(path, describeOwner(ref), fmt.Sprintf(
			"Sandbox %q is %s, and takes over no Pod that was there before: delete this Pod, and the Sandbox gets its own",
			ref.Name, describeHolder(sandbox)))}
	case isFromTemplate(sandbox) && actor != Controller:
		return field.ErrorList{field.Invalid(path, describeOwner(ref), fmt.Sprintf(
			"Sandbox %q is %s: only Namesake's controller creates its Pod", ref.Name, describeHolder(sandbox)))}
	case PodName(sandbox) != sandbox.Name && actor != Controller:
		return field.ErrorList{field.Invalid(path, describeOwner(ref), fmt.Sprintf(
			"Sandbox %q has Pod %q until that is gone, and then makes its own: leave this Pod out", ref.Name, PodName(sandbox)))}
	}
	return nil
}

// isFromTemplate reports whether a pool or a claim controls sandbox. Then only its template and its claim say what is in
// it, and nothing that was there before becomes a part of it.
func isFromTemplate(sandbox *sandboxv1.Sandbox) bool {
	return isOurs(ControllerOf(sandbox))
}

// describeHolder returns, for a message, whose sandbox is, of which isFromTemplate is true.
func describeHolder(sandbox *sandboxv1.Sandbox) string {
	if owner := ControllerOf(sandbox); IsClaim(owner) {
		return "that of " + describeOwner(owner)
	}
	return "in " + describeOwner(ControllerOf(sandbox))
}
