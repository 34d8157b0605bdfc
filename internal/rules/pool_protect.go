package rules

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ProtectsClaimedPods reports whether autoscalers are not to evict the Pods of Sandboxes that claims get from pool, which may be nil. A
// value that CheckProtectClaimedPods refuses, and that is stored all the same, protects them, too: that is the safe side.
func ProtectsClaimedPods(pool *extensionsv1.SandboxWarmPool) bool {
	return pool != nil && isOn(pool.Annotations, sandboxv1.AnnotationProtectClaimedPods)
}

// CheckProtectClaimedPods checks the value of that annotation, if it has changed. old is nil on create.
func CheckProtectClaimedPods(old, pool *extensionsv1.SandboxWarmPool) field.ErrorList {
	return checkOnOrOff(old, pool, sandboxv1.AnnotationProtectClaimedPods)
}

// Protected returns sandbox, which is new and of a claim that names pool, with the annotation that protects its Pod, if pool asks for
// that.
func Protected(sandbox *sandboxv1.Sandbox, pool *extensionsv1.SandboxWarmPool) *sandboxv1.Sandbox {
	if !ProtectsClaimedPods(pool) {
		return sandbox
	}
	marked := sandbox.DeepCopy()
	marked.Annotations = withKeys(marked.Annotations, map[string]string{sandboxv1.AnnotationProtectClaimedPods: "true"})
	return marked
}

// protection returns the annotations that keep autoscalers from evicting the Pod of sandbox, if a claim has the Sandbox and its pool asked
// for that. The pool's word counts more than the template's, which is for warm Pods as well. What the claim itself says of its Pod
// counts more than the pool's.
func protection(sandbox *sandboxv1.Sandbox) map[string]string {
	if sandbox.Annotations[sandboxv1.AnnotationProtectClaimedPods] != "true" || !IsClaim(ControllerOf(sandbox)) {
		return nil
	}
	words := map[string]string{sandboxv1.AnnotationSafeToEvict: "false", sandboxv1.AnnotationDoNotDisrupt: "true"}
	added := strings.Split(sandbox.Annotations[sandboxv1.AnnotationClaimAnnotations], ",")
	for key := range words {
		if slices.Contains(added, key) {
			delete(words, key)
		}
	}
	return words
}
