package rules

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// NamedClaimsOnly reports whether pool is kept for claims that name it. A value that CheckNamedClaimsOnly refuses, and that is
// stored all the same, keeps it, too: somebody wanted something, and that is the safe side.
func NamedClaimsOnly(pool *extensionsv1.SandboxWarmPool) bool {
	value, ok := pool.Annotations[sandboxv1.AnnotationNamedClaimsOnly]
	return ok && value != "false"
}

// CheckNamedClaimsOnly checks the value of that annotation, if it has changed. old is nil on create.
func CheckNamedClaimsOnly(old, pool *extensionsv1.SandboxWarmPool) field.ErrorList {
	value, ok := pool.Annotations[sandboxv1.AnnotationNamedClaimsOnly]
	if !ok || value == "true" || value == "false" {
		return nil
	}
	if old != nil {
		if before, had := old.Annotations[sandboxv1.AnnotationNamedClaimsOnly]; had && before == value {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(
		field.NewPath("metadata", "annotations").Key(sandboxv1.AnnotationNamedClaimsOnly), value, []string{"true", "false"})}
}
