package builder

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ClaimWrapper makes a SandboxClaim.
type ClaimWrapper struct {
	metadata[*ClaimWrapper]

	claim *extensionsv1.SandboxClaim
}

// MakeClaim makes a SandboxClaim that names nothing yet. Pool or Template makes it valid; both together do not.
func MakeClaim(name string) *ClaimWrapper {
	w := &ClaimWrapper{claim: &extensionsv1.SandboxClaim{}}
	w.metadata = makeMetadata(w, w.claim, "sandboxclaim", name)
	return w
}

// Obj returns the claim.
func (w *ClaimWrapper) Obj() *extensionsv1.SandboxClaim {
	return w.claim.DeepCopy()
}

// Pool sets the pool that the claim names.
func (w *ClaimWrapper) Pool(name string) *ClaimWrapper {
	w.claim.Spec.WarmPoolRef = &extensionsv1.SandboxWarmPoolReference{Name: name}
	return w
}

// Template sets the template that the claim names.
func (w *ClaimWrapper) Template(name string) *ClaimWrapper {
	w.claim.Spec.SandboxTemplateRef = &extensionsv1.SandboxTemplateReference{Name: name}
	return w
}

// Env adds a variable for the first container.
func (w *ClaimWrapper) Env(name, value string) *ClaimWrapper {
	w.claim.Spec.Env = append(w.claim.Spec.Env, extensionsv1.EnvVar{Name: name, Value: value})
	return w
}

// VolumeClaimTemplate adds a volume claim template of 1Gi.
func (w *ClaimWrapper) VolumeClaimTemplate(name string) *ClaimWrapper {
	w.claim.Spec.VolumeClaimTemplates = append(w.claim.Spec.VolumeClaimTemplates, volumeClaimTemplate(name))
	return w
}

// PodLabel sets a label in additionalPodMetadata.
func (w *ClaimWrapper) PodLabel(key, value string) *ClaimWrapper {
	w.claim.Spec.AdditionalPodMetadata.Labels = withKey(w.claim.Spec.AdditionalPodMetadata.Labels, key, value)
	return w
}

// PodAnnotation sets an annotation in additionalPodMetadata.
func (w *ClaimWrapper) PodAnnotation(key, value string) *ClaimWrapper {
	w.claim.Spec.AdditionalPodMetadata.Annotations = withKey(w.claim.Spec.AdditionalPodMetadata.Annotations, key, value)
	return w
}

// Lifecycle sets when the claim ends, and how.
func (w *ClaimWrapper) Lifecycle(lifecycle extensionsv1.Lifecycle) *ClaimWrapper {
	w.claim.Spec.Lifecycle = &lifecycle
	return w
}

// BoundTo sets the binding, the annotation that names the claim's Sandbox.
func (w *ClaimWrapper) BoundTo(sandbox string) *ClaimWrapper {
	return w.Annotation(sandboxv1.AnnotationBinding, sandbox)
}

// StatusSandbox sets the name of the Sandbox in the status, which says that the claim had this Sandbox.
func (w *ClaimWrapper) StatusSandbox(sandbox string) *ClaimWrapper {
	w.claim.Status.Sandbox.Name = sandbox
	return w
}

// Condition sets a condition.
func (w *ClaimWrapper) Condition(kind string, status metav1.ConditionStatus, reason string) *ClaimWrapper {
	w.claim.Status.Conditions = setCondition(w.claim.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: reason, ObservedGeneration: w.claim.Generation,
	})
	return w
}
