package rules

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// CheckPodIdentity returns a Forbidden error for each identity label of a new Pod that differs from what sandbox gives
// it. Admission sets the labels of a Pod that has none of them. It does not set them on a Pod that has its own.
func CheckPodIdentity(pod *corev1.Pod, sandbox *sandboxv1.Sandbox) field.ErrorList {
	stamped := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: IdentityLabels(sandbox)}}
	return checkReserved(stamped, pod, podLabels, nil)
}

// CheckPodReserved returns a Forbidden error for each changed label and annotation of a Sandbox's Pod that only the
// controller writes. It is for updates, because on create admission itself sets them.
func CheckPodReserved(old, pod *corev1.Pod) field.ErrorList {
	return checkReserved(old, pod, podLabels, podAnnotations)
}

// CheckForeignPod returns a Forbidden error for each identity label that pod, which no Sandbox controls, would get. With
// the labels it would join the Sandbox's Service and be under its template's NetworkPolicy. A label that the Pod has
// already may stay or go: an orphaned Pod has its labels, and so has one from before there was this check. old is nil on
// create.
func CheckForeignPod(old, pod *corev1.Pod, actor Actor) field.ErrorList {
	if actor == Controller || IsSandbox(ControllerOf(pod)) {
		return nil
	}
	var errs field.ErrorList
	for _, key := range identityLabels {
		value, has := pod.Labels[key]
		if old != nil {
			if before, had := old.Labels[key]; had && before == value {
				continue
			}
		}
		if has {
			errs = append(errs, field.Forbidden(field.NewPath("metadata", "labels").Key(key), WordsForeignPod.With(value, describeOwner(ControllerOf(pod)))))
		}
	}
	return errs
}

// CheckPodBinding returns a Forbidden error for each label and annotation of a binding to a node that only the controller writes on a Pod.
// The API server writes on the Pod what the binding has, over what is there (setPodNodeAndMetadata in kubernetes/pkg/registry/core/pod),
// and that is no update of the Pod. No scheduler needs these.
func CheckPodBinding(binding metav1.Object) field.ErrorList {
	var errs field.ErrorList
	refuse := func(where string, keys []string) {
		for _, key := range keys {
			errs = append(errs, field.Forbidden(field.NewPath("metadata", where).Key(key), string(WordsBinding)))
		}
	}
	refuse("labels", present(binding.GetLabels(), podLabels))
	refuse("annotations", present(binding.GetAnnotations(), podAnnotations))
	return errs
}

// IdentityLabels returns the labels by which Services, NetworkPolicies and routers identify sandbox's Pod. They follow the
// Sandbox: adoption removes the pool's label and adds the claim's. The label of its template is for NetworkPolicies and
// stays for good. A Sandbox that has lost its pool or its claim still runs the same content. Only the controller writes
// that label, so users cannot give it to Sandboxes of their own. A Pod that SharesIdentity has that label alone, and the
// label that says that it is some Sandbox's.
func IdentityLabels(sandbox *sandboxv1.Sandbox) map[string]string {
	identity := ownershipLabels(sandbox)
	inherit := func(key string) {
		if value := sandbox.Labels[key]; value != "" {
			identity[key] = value
		}
	}
	if SharesIdentity(sandbox) {
		identity = map[string]string{sandboxv1.LabelSandboxNameHash: sandboxv1.SharedNameHash}
		inherit(sandboxv1.LabelTemplateRefHash)
		return identity
	}
	owner := ControllerOf(sandbox)
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

// ownershipLabels returns the labels that say which Sandbox owns an object. One is the hash of the name, which clients
// know and which another name may share. The other is the Sandbox's UID.
func ownershipLabels(sandbox *sandboxv1.Sandbox) map[string]string {
	return map[string]string{
		sandboxv1.LabelSandboxNameHash: Hash(sandbox.Name),
		sandboxv1.LabelSandboxUID:      string(sandbox.UID),
	}
}

// createdBy maps a value that anyone may write to one of the values that clients count by.
func createdBy(value string) string {
	switch value {
	case sandboxv1.CreatedByGoClient, sandboxv1.CreatedByPythonClient, sandboxv1.CreatedByController:
		return value
	default:
		return sandboxv1.CreatedByUnknown
	}
}
