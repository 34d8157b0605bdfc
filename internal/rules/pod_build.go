package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// NewPod returns the Pod of sandbox. It has the Sandbox's name and the spec of its template, and the Sandbox controls
// it. It has a volume for each volumeClaimTemplate, which replaces a volume of the same name.
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

// TakeOverPod returns pod as sandbox takes it over, if CheckPodTakeover allows that. The Sandbox controls it, and it
// has the labels and annotations of the Sandbox's Pod. The spec of the Pod stays.
func TakeOverPod(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) *corev1.Pod {
	next := pod.DeepCopy()
	takeOver(sandbox, next)
	next.Labels, next.Annotations = PodMetadata(sandbox, next)
	return next
}
