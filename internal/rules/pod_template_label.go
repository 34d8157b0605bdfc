package rules

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// UnselectedPod returns why no NetworkPolicy of sandbox's template selects pod, the Pod of sandbox or nil, or "" if nothing is
// wrong, or the Pod has ended. Only a webhook or an admission policy of the cluster can have removed the label by which it would:
// the controller writes it, and admission refuses users who change it.
//
// It looks at the label with the template's hash alone, which never changes. The other identity labels follow an adoption, and a
// claim need not wait for them.
func UnselectedPod(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) string {
	hash := templateHashOf(sandbox)
	switch {
	case pod == nil, pod.DeletionTimestamp != nil, pod.Status.Phase == corev1.PodFailed, pod.Status.Phase == corev1.PodSucceeded:
		return ""
	case hash == "" && isFromTemplate(sandbox):
		return lostTemplateMessage(sandbox)
	case hash == "", pod.Labels[sandboxv1.LabelTemplateRefHash] == hash:
		return ""
	}
	return fmt.Sprintf("Pod %q is under no NetworkPolicy of its template: it has not the label %s=%s of its Sandbox. "+
		"A webhook or a policy of the cluster has removed the label, and has to leave it", pod.Name, sandboxv1.LabelTemplateRefHash, hash)
}

// templateHashOf returns the hash of the name of sandbox's template, as MigratedSandbox has it in its label, or "" if sandbox does not
// say from which template it is.
func templateHashOf(sandbox *sandboxv1.Sandbox) string {
	if hash := sandbox.Labels[sandboxv1.LabelTemplateRefHash]; hash != "" {
		return hash
	}
	return MigratedSandbox(sandbox).Labels[sandboxv1.LabelTemplateRefHash]
}

// lostTemplateMessage says what to do about sandbox, which a pool or a claim made from a template, and which says nowhere from which.
func lostTemplateMessage(sandbox *sandboxv1.Sandbox) string {
	which := "Sandbox"
	if IsClaim(ControllerOf(sandbox)) {
		which = "Sandbox's claim"
	}
	return fmt.Sprintf("this Sandbox is %s, and has neither the label %s nor the annotation %s, without which no NetworkPolicy selects its Pod. "+
		"A webhook or a policy of the cluster has removed them: make it leave the keys of Sandboxes alone, then delete this %s",
		describeHolder(sandbox), sandboxv1.LabelTemplateRefHash, sandboxv1.AnnotationTemplateRef, which)
}
