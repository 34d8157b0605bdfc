package rules

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Router identifies the Pods of the sandbox router. Under the default NetworkPolicy, nothing else reaches a Pod.
type Router struct {
	// Namespace is the name of the router's namespace.
	Namespace string
	// Labels are the labels of the router's Pods. There is at least one.
	Labels map[string]string
}

// DefaultRouter returns the router that the default NetworkPolicy of agent-sandbox lets in.
func DefaultRouter() Router {
	return Router{Namespace: "agent-sandbox-system", Labels: map[string]string{"app": "sandbox-router"}}
}

// Network is what the operator says of the network of Sandboxes.
type Network struct {
	Router      Router
	Nameservers Nameservers
}

// DefaultNetwork returns the network as agent-sandbox takes it to be.
func DefaultNetwork() Network {
	return Network{Router: DefaultRouter(), Nameservers: DefaultNameservers()}
}

// NetworkPolicyName returns the name of the NetworkPolicy of template.
func NetworkPolicyName(template *extensionsv1.SandboxTemplate) string {
	return template.Name + extensionsv1.NetworkPolicySuffix
}

// NetworkPolicy returns the NetworkPolicy for the Pods of template, or nil if Namesake does not manage it. It has the
// rules of the template. If there are none, it has the default rules: in from the router, out to public addresses and to the
// operator's nameservers.
//
// The template controls the policy, and the namespace owns it, too. The garbage collector deletes an object only when
// it has lost every owner. So the policy outlives the template, and the template's Pods are not left without it.
//
// earlier is the template that EarlierCollision returns. With an earlier template, the policy has no rules at all. It selects the
// Pods of both templates, and no NetworkPolicy takes back what another allows. So rules would open the earlier template's Pods to
// traffic that they were never meant for. Without rules the policy widens nothing, and the Pods of template are still
// not left without any policy. They may do what the earlier template's Pods may. If Namesake manages no policy for the
// earlier template, they may do nothing.
func NetworkPolicy(
	template, earlier *extensionsv1.SandboxTemplate, namespace *corev1.Namespace, network Network,
) *networkingv1.NetworkPolicy {
	if !isManaged(template) {
		return nil
	}
	return &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       template.Namespace,
			Name:            NetworkPolicyName(template),
			Labels:          map[string]string{sandboxv1.LabelTemplateRefHash: Hash(template.Name)},
			OwnerReferences: []metav1.OwnerReference{*TemplateOwner(template), namespaceOwner(namespace)},
		},
		Spec: policySpec(template, earlier, network),
	}
}

// policySpec returns the spec of the NetworkPolicy of template, as NetworkPolicy explains it.
func policySpec(template, earlier *extensionsv1.SandboxTemplate, network Network) networkingv1.NetworkPolicySpec {
	spec := networkingv1.NetworkPolicySpec{
		PodSelector: podsOf(template),
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
	}
	switch {
	case earlier != nil:
	case template.Spec.NetworkPolicy != nil:
		spec.Ingress, spec.Egress = ownRules(template.Spec.NetworkPolicy)
	default:
		spec.Ingress, spec.Egress = fromRouter(network.Router), toPublic()
		if leavesNameservers(template) {
			spec.Egress = append(spec.Egress, toNameservers(network.Nameservers)...)
		}
	}
	return spec
}

// podsOf returns the selector of the Pods of template.
func podsOf(template *extensionsv1.SandboxTemplate) metav1.LabelSelector {
	return metav1.LabelSelector{MatchLabels: map[string]string{sandboxv1.LabelTemplateRefHash: Hash(template.Name)}}
}

// SampleNetworkPolicy returns a NetworkPolicy with the rules of template, under a generated name and without an owner.
// It is for asking the API server, whose answer applies to the template's policy, too. SampleNetworkPolicy returns nil
// if the template has no rules that would be used.
func SampleNetworkPolicy(template *extensionsv1.SandboxTemplate) *networkingv1.NetworkPolicy {
	if template.Spec.NetworkPolicy == nil || !isManaged(template) {
		return nil
	}
	policy := NetworkPolicy(template, nil, &corev1.Namespace{}, Network{})
	policy.Name, policy.GenerateName, policy.OwnerReferences = "", "sandbox-", nil
	return policy
}

// ownRules returns a copy of the rules in spec as the API server stores them, so that it can be compared with a stored
// policy. A port without a protocol becomes a TCP port.
func ownRules(spec *extensionsv1.NetworkPolicySpec) ([]networkingv1.NetworkPolicyIngressRule, []networkingv1.NetworkPolicyEgressRule) {
	own := spec.DeepCopy()
	for i := range own.Ingress {
		withProtocol(own.Ingress[i].Ports)
	}
	for i := range own.Egress {
		withProtocol(own.Egress[i].Ports)
	}
	return own.Ingress, own.Egress
}

func withProtocol(ports []networkingv1.NetworkPolicyPort) {
	for i := range ports {
		if ports[i].Protocol == nil {
			ports[i].Protocol = new(corev1.ProtocolTCP)
		}
	}
}

// fromRouter returns the rule that lets in the Pods of the router, on every port.
func fromRouter(router Router) []networkingv1.NetworkPolicyIngressRule {
	return []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: router.Namespace}},
		PodSelector:       &metav1.LabelSelector{MatchLabels: maps.Clone(router.Labels)},
	}}}}
}

// notPublic4 and notPublic6 are the networks that the default NetworkPolicy keeps Pods from.
var (
	notPublic4 = []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"}
	notPublic6 = []string{"fc00::/7", "fe80::/10"}
)

// toPublic returns the rule that lets traffic out to the internet. It excludes private networks, which include the
// cluster's own network and its DNS, and the addresses at which clouds hand out credentials.
func toPublic() []networkingv1.NetworkPolicyEgressRule {
	block := func(cidr string, except ...string) networkingv1.NetworkPolicyPeer {
		return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr, Except: slices.Clone(except)}}
	}
	return []networkingv1.NetworkPolicyEgressRule{{To: []networkingv1.NetworkPolicyPeer{
		block("0.0.0.0/0", notPublic4...),
		block("::/0", notPublic6...),
	}}}
}
