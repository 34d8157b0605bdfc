package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// publicNameservers resolve names for Pods that the default NetworkPolicy keeps from the cluster's own DNS.
var publicNameservers = []string{"8.8.8.8", "1.1.1.1"}

// Blueprint returns what a Sandbox of template is made of: what the template says, with secure defaults for what it
// leaves out. A Sandbox that someone creates without a template gets none of these defaults.
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

// referenceBlueprint returns the Blueprint as agent-sandbox makes it. Beside the nameservers, it keeps nothing of the
// template's dnsConfig.
func referenceBlueprint(template *extensionsv1.SandboxTemplate) sandboxv1.SandboxBlueprint {
	blueprint := Blueprint(template)
	if usesPublicDNS(template) {
		blueprint.PodTemplate.Spec.DNSConfig = publicDNS(nil)
	}
	return blueprint
}

// usesPublicDNS reports whether the Pods of template get nameservers outside the cluster. Without them, Pods under the
// default NetworkPolicy resolve no name at all.
func usesPublicDNS(template *extensionsv1.SandboxTemplate) bool {
	return hasDefaultPolicy(template) && template.Spec.PodTemplate.Spec.DNSPolicy == ""
}

// publicDNS returns config, which may be nil, with nameservers outside the cluster. Nameservers, search domains and
// options that config has stay.
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

// hasDefaultPolicy reports whether the Pods of template get the default NetworkPolicy. They do if Namesake manages the
// policy and the template has no rules of its own.
func hasDefaultPolicy(template *extensionsv1.SandboxTemplate) bool {
	return isManaged(template) && template.Spec.NetworkPolicy == nil
}

// NeedsNetworkPolicy reports whether the Pods of template run only under a NetworkPolicy that Namesake manages.
func NeedsNetworkPolicy(template *extensionsv1.SandboxTemplate) bool { return isManaged(template) }

// isManaged reports whether Namesake manages the NetworkPolicy of template. It does for a template without the field,
// which was stored before the field had a default.
func isManaged(template *extensionsv1.SandboxTemplate) bool {
	return template.Spec.NetworkPolicyManagement != extensionsv1.NetworkPolicyUnmanaged
}
