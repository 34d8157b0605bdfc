package rules

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// CheckPodContent returns a Forbidden error for a change of the spec of a Pod whose Sandbox is in a pool. Whoever
// adopts the Sandbox has to know what is in it.
func CheckPodContent(old *corev1.Pod) field.ErrorList {
	if old.Labels[sandboxv1.LabelWarmPool] == "" {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec"),
		"this Pod's Sandbox is in a pool: change the pool's SandboxTemplate instead, or claim the Sandbox first")}
}
