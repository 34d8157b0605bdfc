package rules

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// KeepsVolumes reports whether the PersistentVolumeClaims of sandbox outlive it. Those of a Sandbox in a pool never do: a pool replaces its
// Sandboxes, and nobody has written to their volumes. A value that CheckVolumesWhenDeleted refuses, and that is stored all the same, keeps
// them: that is the safe side.
func KeepsVolumes(sandbox *sandboxv1.Sandbox) bool {
	value, ok := sandbox.Annotations[sandboxv1.AnnotationVolumesWhenDeleted]
	return ok && value != sandboxv1.VolumesWhenDeletedDelete && !IsPool(ControllerOf(sandbox))
}

// SaysWhetherVolumesAreKept reports whether sandbox says what becomes of its PersistentVolumeClaims when it is deleted.
func SaysWhetherVolumesAreKept(sandbox *sandboxv1.Sandbox) bool {
	_, says := sandbox.Annotations[sandboxv1.AnnotationVolumesWhenDeleted]
	return says
}

// volumesWhenDeleted returns what counts for sandbox, a warm one, when claim gets it: the claim's word, or else that of its template as
// it is now, whatever sandbox has said in the pool. If the template is gone, it is what sandbox says.
func volumesWhenDeleted(sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim, template *extensionsv1.SandboxTemplate) string {
	const key = sandboxv1.AnnotationVolumesWhenDeleted
	if word, ok := claim.Annotations[key]; ok {
		return word
	}
	if template == nil {
		return sandbox.Annotations[key]
	}
	return template.Annotations[key]
}

// CheckVolumesWhenDeleted checks the value of that annotation on obj, a Sandbox, a claim or a template, if it has changed. old is nil on
// create.
func CheckVolumesWhenDeleted(old, obj metav1.Object) field.ErrorList {
	return checkWord(old, obj, sandboxv1.AnnotationVolumesWhenDeleted, sandboxv1.VolumesWhenDeletedRetain, sandboxv1.VolumesWhenDeletedDelete)
}

// UnheardVolumesWhenDeleted returns a warning if claim changes that word after it was bound: its Sandbox has its own by then. old is nil on
// create.
func UnheardVolumesWhenDeleted(old, claim *extensionsv1.SandboxClaim) []string {
	const key = sandboxv1.AnnotationVolumesWhenDeleted
	if old == nil || Binding(old) == "" || old.Annotations[key] == claim.Annotations[key] {
		return nil
	}
	return []string{fmt.Sprintf("%s of a claim counts until it has its Sandbox: annotate Sandbox %q as well", key, Binding(old))}
}

// LacksKeeper reports whether claim, a PersistentVolumeClaim that sandbox controls, is to outlive it and does not yet.
func LacksKeeper(sandbox *sandboxv1.Sandbox, claim *corev1.PersistentVolumeClaim) bool {
	return KeepsVolumes(sandbox) && !slices.ContainsFunc(claim.OwnerReferences, isNamespace)
}

// KeepVolume returns claim, a PersistentVolumeClaim that sandbox controls, so that it outlives the Sandbox or not, as the Sandbox says. If
// nothing has to change, the result is claim itself. namespace is that of both; it is used only where claim LacksKeeper.
//
// What is kept has the namespace as a second owner: the garbage collector then removes the reference to the Sandbox that is gone, and not
// the object. While the Sandbox exists it remains the controller, so that nobody has to believe labels. Only the word Delete takes the
// namespace away again.
func KeepVolume(
	sandbox *sandboxv1.Sandbox, claim *corev1.PersistentVolumeClaim, namespace *corev1.Namespace,
) *corev1.PersistentVolumeClaim {
	release := sandbox.Annotations[sandboxv1.AnnotationVolumesWhenDeleted] == sandboxv1.VolumesWhenDeletedDelete
	switch {
	case LacksKeeper(sandbox, claim):
		next := claim.DeepCopy()
		next.OwnerReferences = append(next.OwnerReferences, namespaceOwner(namespace))
		return next
	case release && slices.ContainsFunc(claim.OwnerReferences, isNamespace):
		next := claim.DeepCopy()
		next.OwnerReferences = slices.DeleteFunc(next.OwnerReferences, isNamespace)
		return next
	}
	return claim
}

// keptByNobody reports whether claim is a PersistentVolumeClaim that outlived its Sandbox: only the namespace owns it.
func keptByNobody(obj metav1.Object) bool {
	owners := obj.GetOwnerReferences()
	return len(owners) > 0 && !slices.ContainsFunc(owners, func(ref metav1.OwnerReference) bool { return !isNamespace(ref) })
}
