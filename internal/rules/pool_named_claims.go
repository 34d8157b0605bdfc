package rules

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// NamedClaimsOnly reports whether pool is kept for claims that name it. A value that CheckNamedClaimsOnly refuses, and that is
// stored all the same, keeps it, too: somebody wanted something, and that is the safe side.
func NamedClaimsOnly(pool *extensionsv1.SandboxWarmPool) bool {
	return isOn(pool.Annotations, sandboxv1.AnnotationNamedClaimsOnly)
}

// CheckNamedClaimsOnly checks the value of that annotation, if it has changed. old is nil on create.
func CheckNamedClaimsOnly(old, pool *extensionsv1.SandboxWarmPool) field.ErrorList {
	return checkOnOrOff(old, pool, sandboxv1.AnnotationNamedClaimsOnly)
}

// isOn reports whether the annotation of that key is there and does not say "false".
func isOn(annotations map[string]string, key string) bool {
	value, ok := annotations[key]
	return ok && value != "false"
}

// checkOnOrOff returns an error if pool's annotation of that key is neither "true" nor "false", and has changed. old is nil on create.
func checkOnOrOff(old, pool *extensionsv1.SandboxWarmPool, key string) field.ErrorList {
	value, ok := pool.Annotations[key]
	if !ok || value == "true" || value == "false" {
		return nil
	}
	if old != nil {
		if before, had := old.Annotations[key]; had && before == value {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(field.NewPath("metadata", "annotations").Key(key), value, []string{"true", "false"})}
}
