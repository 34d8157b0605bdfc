package rules

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// CheckPodName checks the annotation that names a Sandbox's Pod: it is the Sandbox's own name, or left out. Only a Sandbox
// that already names another Pod, from the time of pools of Pods, goes on doing so, until the controller finds that Pod
// gone. The controller says what it finds: which Pod is the Sandbox's is decided by the Pod's owner reference, not by this.
// old is nil on create.
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
		return field.ErrorList{field.Invalid(path, after, fmt.Sprintf("this Sandbox has Pod %q until that Pod is gone: keep %q", before, before))}
	case !own:
		return field.ErrorList{field.Invalid(path, after, fmt.Sprintf(
			"a Sandbox's Pod bears its name: use %q, or leave the annotation out", obj.Name))}
	}
	return nil
}

// PodName returns the name of sandbox's Pod: the Sandbox's own, except on a Sandbox that took its Pod from a pool of
// Pods and still has it. What no Pod can be called is not believed: it may be from before admission looked at it.
func PodName(sandbox *sandboxv1.Sandbox) string {
	if name := sandbox.Annotations[sandboxv1.AnnotationPodName]; len(validation.IsDNS1123Subdomain(name)) == 0 {
		return name
	}
	return sandbox.Name
}

// HasPodName says whether sandbox names its Pod so, or leaves that out and the name is its own.
func HasPodName(sandbox *sandboxv1.Sandbox, name string) bool {
	said := sandbox.Annotations[sandboxv1.AnnotationPodName]
	return said == name || said == "" && name == sandbox.Name
}
