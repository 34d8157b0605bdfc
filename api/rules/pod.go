package rules

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// NewPod returns the Pod of sandbox: of its name, controlled by it, with the spec of its template.
func NewPod(sandbox *sandboxv1.Sandbox) *corev1.Pod {
	labels, annotations := PodMetadata(sandbox, nil)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       sandbox.Namespace,
			Name:            sandbox.Name,
			Labels:          labels,
			Annotations:     annotations,
			OwnerReferences: []metav1.OwnerReference{*SandboxOwner(sandbox)},
		},
		Spec: *sandbox.Spec.PodTemplate.Spec.DeepCopy(),
	}
}

// CheckPodOwner checks what a Pod that a Sandbox controls shows by itself: it has that Sandbox's name, and keeps its
// controller. old is nil on create. A Pod that keeps the Sandbox it had passes under any name: it may come from a pool
// of Pods. Only the garbage collector takes the controller away.
func CheckPodOwner(old, pod *corev1.Pod, actor Actor) field.ErrorList {
	var before *metav1.OwnerReference
	if old != nil {
		before = ControllerOf(old)
	}
	after := ControllerOf(pod)
	switch {
	case IsSandbox(before) && sameOwner(before, after):
		return nil
	case IsSandbox(before) && after == nil && actor == GarbageCollector:
		return nil
	case IsSandbox(before):
		return refuseOwner(after, "this Pod is controlled by Sandbox %q and keeps that controller: delete the Pod or the Sandbox instead", before.Name)
	case !IsSandbox(after):
		return nil
	case pod.Name != after.Name:
		return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), pod.Name, fmt.Sprintf(
			"this Pod is controlled by Sandbox %q, and a Sandbox's Pod bears its name: use %q, or leave metadata.name out", after.Name, after.Name))}
	}
	return nil
}

// NeedsSandbox says whether the write of pod makes a Sandbox its controller, so that the Sandbox has to be looked at.
func NeedsSandbox(old, pod *corev1.Pod) bool {
	return IsSandbox(ControllerOf(pod)) && (old == nil || !sameOwner(ControllerOf(old), ControllerOf(pod)))
}

// CheckPodSandbox checks a Pod that is to be controlled by a Sandbox against that Sandbox, nil when it does not exist:
// its UID is the one in the owner reference, and a Sandbox in a pool gets its Pod from Namesake's controller alone, so
// that whoever adopts it knows what is in it.
func CheckPodSandbox(pod *corev1.Pod, sandbox *sandboxv1.Sandbox, actor Actor) field.ErrorList {
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
	case IsPool(ControllerOf(sandbox)) && actor != Controller:
		return field.ErrorList{field.Invalid(path, describeOwner(ref), fmt.Sprintf(
			"Sandbox %q is in %s: only Namesake's controller creates the Pods of a pool", ref.Name, describeOwner(ControllerOf(sandbox))))}
	}
	return nil
}

// CheckPodReserved returns a Forbidden error for each label and annotation of a Sandbox's Pod that only the controller
// writes and that differs between old and pod. It is for updates: on create admission itself sets them.
func CheckPodReserved(old, pod *corev1.Pod) field.ErrorList {
	return checkReserved(old, pod, podLabels, podAnnotations)
}

// NewUnownedPod returns what NewPod does, as a Pod of its own: without a controller, and with a generated name.
func NewUnownedPod(sandbox *sandboxv1.Sandbox) *corev1.Pod {
	pod := NewPod(sandbox)
	pod.OwnerReferences = nil
	pod.GenerateName = "sandbox-"
	return pod
}
