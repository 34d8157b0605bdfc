package rules

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// NewPod returns the Pod of sandbox: of its name, controlled by it, with the spec of its template, and with a volume for
// each volumeClaimTemplate, which takes the place of one of the same name.
func NewPod(sandbox *sandboxv1.Sandbox) *corev1.Pod {
	labels, annotations := PodMetadata(sandbox, nil)
	spec := *sandbox.Spec.PodTemplate.Spec.DeepCopy()
	for i := range sandbox.Spec.VolumeClaimTemplates {
		name := sandbox.Spec.VolumeClaimTemplates[i].Metadata.Name
		spec.Volumes = slices.DeleteFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Name == name })
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: VolumeName(sandbox, i)},
		}})
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       sandbox.Namespace,
			Name:            sandbox.Name,
			Labels:          labels,
			Annotations:     annotations,
			OwnerReferences: []metav1.OwnerReference{*SandboxOwner(sandbox)},
		},
		Spec: spec,
	}
}

// TakeOverPod returns pod as sandbox takes it over, where CheckPodTakeover allows that: controlled by it, with the labels
// and annotations of its Pod. What is in the Pod stays.
func TakeOverPod(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) *corev1.Pod {
	next := pod.DeepCopy()
	takeOver(sandbox, next)
	next.Labels, next.Annotations = PodMetadata(sandbox, next)
	return next
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

// NeedsSandbox says whether the write of pod makes a Sandbox its controller, so that the Sandbox has to be looked at.
func NeedsSandbox(old, pod *corev1.Pod) bool {
	return IsSandbox(ControllerOf(pod)) && (old == nil || !sameOwner(ControllerOf(old), ControllerOf(pod)))
}

// CheckPodSandbox checks a Pod that is to be controlled by a Sandbox against that Sandbox, nil when it does not exist:
// its UID is the one in the owner reference, and a Sandbox in a pool gets its Pod from Namesake's controller alone, so
// that whoever adopts it knows what is in it; and not even from that one a Pod that was there before. old is nil on create.
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

// CheckPodIdentity returns a Forbidden error for each identity label of a new Pod that is not what sandbox gives it.
// Admission stamps the labels of a Pod that comes without; one that comes with labels of its own is not stamped.
func CheckPodIdentity(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) field.ErrorList {
	stamped := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: IdentityLabels(sandbox)}}
	return checkReserved(stamped, pod, podLabels, nil)
}

// CheckPodContent returns a Forbidden error for a change of the spec of a Pod whose Sandbox is in a pool: whoever adopts it
// has to know what is in it.
func CheckPodContent(old *corev1.Pod) field.ErrorList {
	if old.Labels[sandboxv1.LabelWarmPool] == "" {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec"),
		"this Pod's Sandbox is in a pool: change the pool's SandboxTemplate instead, or claim the Sandbox first")}
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
