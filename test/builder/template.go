package builder

import (
	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// TemplateWrapper makes a SandboxTemplate.
type TemplateWrapper struct {
	metadata[*TemplateWrapper]
	blueprint[*TemplateWrapper]

	template *extensionsv1.SandboxTemplate
}

// MakeTemplate makes a SandboxTemplate with one container.
func MakeTemplate(name string) *TemplateWrapper {
	w := &TemplateWrapper{template: &extensionsv1.SandboxTemplate{}}
	w.metadata = makeMetadata(w, w.template, "sandboxtemplate", name)
	w.blueprint = makeBlueprint(w, &w.template.Spec.SandboxBlueprint)
	return w
}

// Obj returns the template.
func (w *TemplateWrapper) Obj() *extensionsv1.SandboxTemplate {
	return w.template.DeepCopy()
}

// EnvVarsInjectionPolicy sets what the env of a claim may do.
func (w *TemplateWrapper) EnvVarsInjectionPolicy(policy extensionsv1.EnvVarsInjectionPolicy) *TemplateWrapper {
	w.template.Spec.EnvVarsInjectionPolicy = policy
	return w
}

// VolumeClaimTemplatesPolicy sets what the volumeClaimTemplates of a claim may do.
func (w *TemplateWrapper) VolumeClaimTemplatesPolicy(policy extensionsv1.VolumeClaimTemplatesPolicy) *TemplateWrapper {
	w.template.Spec.VolumeClaimTemplatesPolicy = policy
	return w
}

// NetworkPolicyManagement sets who manages the NetworkPolicy.
func (w *TemplateWrapper) NetworkPolicyManagement(management extensionsv1.NetworkPolicyManagement) *TemplateWrapper {
	w.template.Spec.NetworkPolicyManagement = management
	return w
}

// NetworkPolicy sets the rules of the NetworkPolicy.
func (w *TemplateWrapper) NetworkPolicy(spec extensionsv1.NetworkPolicySpec) *TemplateWrapper {
	w.template.Spec.NetworkPolicy = &spec
	return w
}

// CollidingNames returns two names with the same hash. NetworkPolicies cannot tell the Pods of two such templates apart.
func CollidingNames() (first, second string) { return "python-ingvpc", "python-svmtpy" }
