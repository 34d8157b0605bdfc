package rules

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// CheckPodIdentity returns a Forbidden error for each identity label of a new Pod that is not what sandbox gives it.
// Admission stamps the labels of a Pod that comes without; one that comes with labels of its own is not stamped.
func CheckPodIdentity(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) field.ErrorList {
	stamped := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: IdentityLabels(sandbox)}}
	return checkReserved(stamped, pod, podLabels, nil)
}

// CheckPodReserved returns a Forbidden error for each label and annotation of a Sandbox's Pod that only the controller
// writes and that differs between old and pod. It is for updates: on create admission itself sets them.
func CheckPodReserved(old, pod *corev1.Pod) field.ErrorList {
	return checkReserved(old, pod, podLabels, podAnnotations)
}

// IdentityLabels returns the labels by which Services, NetworkPolicies and routers know sandbox's Pod. They follow the
// Sandbox: adoption takes the pool's away and adds the claim's. That of its template, which is for NetworkPolicies, stays for
// good: a Sandbox that has lost its pool or its claim goes on running what was in it. Only the controller writes it, so nobody
// gives it to a Sandbox of his own.
func IdentityLabels(sandbox *sandboxv1.Sandbox) map[string]string {
	identity := ownershipLabels(sandbox)
	owner := ControllerOf(sandbox)
	inherit := func(key string) {
		if value := sandbox.Labels[key]; value != "" {
			identity[key] = value
		}
	}
	if IsPool(owner) {
		inherit(sandboxv1.LabelWarmPool)
	}
	if IsClaim(owner) {
		identity[sandboxv1.LabelClaimUID] = string(owner.UID)
	}
	inherit(sandboxv1.LabelTemplateRefHash)
	if by := sandbox.Labels[sandboxv1.LabelCreatedBy]; by != "" {
		identity[sandboxv1.LabelCreatedBy] = createdBy(by)
	}
	return identity
}

// ownershipLabels returns the labels that say whose an object is: by the hash that clients know, which may be another name's
// too, and by the Sandbox's UID.
func ownershipLabels(sandbox *sandboxv1.Sandbox) map[string]string {
	return map[string]string{
		sandboxv1.LabelSandboxNameHash: Hash(sandbox.Name),
		sandboxv1.LabelSandboxUID:      string(sandbox.UID),
	}
}

// createdBy maps what anyone may write into one of the values that clients count by.
func createdBy(value string) string {
	switch value {
	case sandboxv1.CreatedByGoClient, sandboxv1.CreatedByPythonClient, sandboxv1.CreatedByController:
		return value
	default:
		return sandboxv1.CreatedByUnknown
	}
}
