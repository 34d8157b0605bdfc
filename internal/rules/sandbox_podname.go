package rules

import (
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// CheckPodName checks the annotation that names a Sandbox's Pod. It is the Sandbox's own name, or absent. A Sandbox
// from the time of pools of Pods may already name another Pod. It keeps that name until the controller finds that Pod
// gone. The controller may write what it finds, because the Pod's owner reference, and not this annotation, decides
// which Pod is the Sandbox's. old is nil on create.
func CheckPodName(old, obj *sandboxv1.Sandbox, actor Actor) field.ErrorList {
	path := field.NewPath("metadata", "annotations").Key(sandboxv1.AnnotationPodName)
	before, after := "", obj.Annotations[sandboxv1.AnnotationPodName]
	if old != nil {
		before = old.Annotations[sandboxv1.AnnotationPodName]
	}
	switch own := after == "" || after == obj.Name; {
	case before == after, actor == Controller && old != nil:
		return nil
	case old != nil && PodName(old) != old.Name:
		return field.ErrorList{field.Invalid(path, after, WordsHasPod.With(before, before))}
	case !own:
		return field.ErrorList{field.Invalid(path, after, WordsOwnName.With(obj.Name))}
	}
	return nil
}

// PodName returns the name of sandbox's Pod. That is the Sandbox's own name, except for a Sandbox that took its Pod
// from a pool of Pods and still has it. PodName ignores an annotation that is not a valid Pod name, which may be older
// than the admission check.
func PodName(sandbox *sandboxv1.Sandbox) string {
	if name := sandbox.Annotations[sandboxv1.AnnotationPodName]; len(validation.IsDNS1123Subdomain(name)) == 0 {
		return name
	}
	return sandbox.Name
}

// HasPodName reports whether sandbox's annotation names its Pod name. Without the annotation, it reports whether name
// is the Sandbox's own.
func HasPodName(sandbox *sandboxv1.Sandbox, name string) bool {
	said := sandbox.Annotations[sandboxv1.AnnotationPodName]
	return said == name || said == "" && name == sandbox.Name
}
