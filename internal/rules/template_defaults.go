package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// publicNameservers answer a Pod that the default NetworkPolicy keeps from the cluster's own DNS.
var publicNameservers = []string{"8.8.8.8", "1.1.1.1"}

// Blueprint returns what a Sandbox that comes from template is made of: what the template says, and secure defaults where
// it says nothing. A Sandbox that someone creates without a template gets none of these.
func Blueprint(template *extensionsv1.SandboxTemplate) sandboxv1.SandboxBlueprint {
	blueprint := *template.Spec.SandboxBlueprint.DeepCopy()
	spec := &blueprint.PodTemplate.Spec
	if spec.AutomountServiceAccountToken == nil {
		spec.AutomountServiceAccountToken = new(false)
	}
	if usesPublicDNS(template) {
		spec.DNSPolicy = corev1.DNSNone
		spec.DNSConfig = publicDNS(spec.DNSConfig)
	}
	return blueprint
}

// referenceBlueprint is Blueprint as agent-sandbox has it: nothing of the template's dnsConfig stays beside the nameservers.
func referenceBlueprint(template *extensionsv1.SandboxTemplate) sandboxv1.SandboxBlueprint {
	blueprint := Blueprint(template)
	if usesPublicDNS(template) {
		blueprint.PodTemplate.Spec.DNSConfig = publicDNS(nil)
	}
	return blueprint
}

// usesPublicDNS says whether the Pods of template get nameservers outside the cluster: under the default NetworkPolicy
// they resolve no name at all without them.
func usesPublicDNS(template *extensionsv1.SandboxTemplate) bool {
	return hasDefaultPolicy(template) && template.Spec.PodTemplate.Spec.DNSPolicy == ""
}

// publicDNS returns config, which may be nil, with nameservers outside the cluster. Those that it names itself stay, and so
// do its search domains and options.
func publicDNS(config *corev1.PodDNSConfig) *corev1.PodDNSConfig {
	public := &corev1.PodDNSConfig{}
	if config != nil {
		public = config.DeepCopy()
	}
	if len(public.Nameservers) == 0 {
		public.Nameservers = slices.Clone(publicNameservers)
	}
	return public
}

// hasDefaultPolicy says whether the Pods of template get the default NetworkPolicy: it is ours to look after, and the
// template has no rules of its own.
func hasDefaultPolicy(template *extensionsv1.SandboxTemplate) bool {
	return isManaged(template) && template.Spec.NetworkPolicy == nil
}

// isManaged says whether the NetworkPolicy of template is ours to look after. It is where the template says nothing: one
// that was stored before the field had a default.
func isManaged(template *extensionsv1.SandboxTemplate) bool {
	return template.Spec.NetworkPolicyManagement != extensionsv1.NetworkPolicyUnmanaged
}
