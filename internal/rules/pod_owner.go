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
// of Pods. Only the garbage collector removes the controller. old is nil on create.
func CheckPodOwner(old, pod *corev1.Pod, actor Actor) field.ErrorList {
	var before *metav1.OwnerReference
	if old != nil {
		before = ControllerOf(old)
	}
	after := ControllerOf(pod)
	switch {
	case actor != GarbageCollector && IsSandbox(after) && len(pod.OwnerReferences) > 1 && (old == nil || len(old.OwnerReferences) == 1):
		return field.ErrorList{field.Invalid(ownersPath, len(pod.OwnerReferences), fmt.Sprintf(
			"a Pod of Sandbox %q has no other owner, or it would outlive the Sandbox: leave the others out", after.Name))}
	case IsSandbox(before) && sameOwner(before, after):
		return nil
	case IsSandbox(before) && after == nil && actor == GarbageCollector:
		return nil
	case IsSandbox(before):
		return invalidOwner(after, "this Pod is controlled by Sandbox %q and keeps that controller: delete the Pod or the Sandbox instead", before.Name)
	case !IsSandbox(after):
		return nil
	case pod.Name != after.Name:
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), pod.Name, fmt.Sprintf(
			"this Pod is controlled by Sandbox %q, and a Sandbox's Pod bears its name: use %q, or leave metadata.name out", after.Name, after.Name))}
	}
	return nil
}

// NeedsSandbox reports whether the write of pod makes a Sandbox its controller, so that the Sandbox has to be read.
func NeedsSandbox(old, pod *corev1.Pod) bool {
	return IsSandbox(ControllerOf(pod)) && (old == nil || !sameOwner(ControllerOf(old), ControllerOf(pod)))
}

// CheckPodSandbox checks a Pod that a Sandbox is to control against that Sandbox, which is nil if it does not exist.
// The Sandbox's UID must be the one in the owner reference. Only Namesake's controller creates the Pod of a Sandbox in
// a pool, so that whoever adopts it knows what is in it. Not even the controller gives such a Sandbox a Pod that
// existed before. old is nil on create.
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
	case IsPool(ControllerOf(sandbox)) && old != nil:
		return field.ErrorList{field.Invalid(path, describeOwner(ref), fmt.Sprintf(
			"Sandbox %q is in %s, and takes over no Pod that was there before: delete this Pod, and the Sandbox gets its own",
			ref.Name, describeOwner(ControllerOf(sandbox))))}
	case IsPool(ControllerOf(sandbox)) && actor != Controller:
		return field.ErrorList{field.Invalid(path, describeOwner(ref), fmt.Sprintf(
			"Sandbox %q is in %s: only Namesake's controller creates the Pods of a pool", ref.Name, describeOwner(ControllerOf(sandbox))))}
	}
	return nil
}
