package rules

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// SharesIdentity reports whether the Pod of sandbox has no label that tells it from the other Pods of its template: the Sandbox says so,
// and has no Service, which would select by such labels.
func SharesIdentity(sandbox *sandboxv1.Sandbox) bool {
	return sandbox.Annotations[sandboxv1.AnnotationPodIdentity] == sandboxv1.PodIdentityShared &&
		!ptr.Deref(sandbox.Spec.Service, false) && sandbox.Status.Service == ""
}

// podSelector returns the selector of the Pod of sandbox, for its status, or "" if no label tells its Pod from others.
func podSelector(sandbox *sandboxv1.Sandbox) string {
	if SharesIdentity(sandbox) {
		return ""
	}
	return labels.Set{sandboxv1.LabelSandboxNameHash: Hash(sandbox.Name)}.String()
}

// CheckPodIdentityWord checks the value of AnnotationPodIdentity on obj, a Sandbox or a template, if it has changed. old is nil on create.
func CheckPodIdentityWord(old, obj metav1.Object) field.ErrorList {
	return checkWord(old, obj, sandboxv1.AnnotationPodIdentity, sandboxv1.PodIdentityShared, sandboxv1.PodIdentityOwn)
}

// checkWord returns an error if obj's annotation of that key has none of the allowed values, and has changed. old is nil on create.
func checkWord(old, obj metav1.Object, key string, allowed ...string) field.ErrorList {
	value, ok := obj.GetAnnotations()[key]
	if !ok || slices.Contains(allowed, value) {
		return nil
	}
	if old != nil {
		if before, had := old.GetAnnotations()[key]; had && before == value {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(field.NewPath("metadata", "annotations").Key(key), value, allowed)}
}
