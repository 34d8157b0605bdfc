package rules

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Router says which Pods are those of the sandbox router: nobody else reaches a Pod under the default NetworkPolicy.
type Router struct {
	// Namespace is the name of its namespace.
	Namespace string
	// Labels are what its Pods bear; there is at least one.
	Labels map[string]string
}

// DefaultRouter returns where the default NetworkPolicy of agent-sandbox looks for the router.
func DefaultRouter() Router {
	return Router{Namespace: "agent-sandbox-system", Labels: map[string]string{"app": "sandbox-router"}}
}

// NetworkPolicyName returns the name of the NetworkPolicy of template.
func NetworkPolicyName(template *extensionsv1.SandboxTemplate) string {
	return template.Name + extensionsv1.NetworkPolicySuffix
}

// NetworkPolicy returns the NetworkPolicy for the Pods of template, or nil where it is not ours to look after. It has the
// rules of the template, or the default ones where there are none: in from the router, out to public addresses.
//
// Beside the template, which controls it, it is owned by its namespace. The garbage collector deletes what has lost every owner;
// so this does not go with the template, and the Pods of that are not left without it.
//
// elder is the template that Elder returns. With one, the policy has no rules at all. It selects the Pods of both templates,
// and what one NetworkPolicy allows no other takes back: rules would open the Pods of the elder to what they were never meant
// for. Without rules it widens nothing, and the Pods of template are still not left without any policy: they may do what the
// elder's may, and nothing where the elder has no policy of ours.
func NetworkPolicy(
	template, elder *extensionsv1.SandboxTemplate, namespace *corev1.Namespace, router Router,
) *networkingv1.NetworkPolicy {
	if !isManaged(template) {
		return nil
	}
	selected := map[string]string{sandboxv1.LabelTemplateRefHash: Hash(template.Name)}
	policy := &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       template.Namespace,
			Name:            NetworkPolicyName(template),
			Labels:          map[string]string{sandboxv1.LabelTemplateRefHash: Hash(template.Name)},
			OwnerReferences: []metav1.OwnerReference{*TemplateOwner(template), namespaceOwner(namespace)},
		},
		Spec: networkingv1.NetworkPolicySpec{
			PodSelector: metav1.LabelSelector{MatchLabels: selected},
			PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
		},
	}
	switch {
	case elder != nil:
	case template.Spec.NetworkPolicy != nil:
		policy.Spec.Ingress, policy.Spec.Egress = ownRules(template.Spec.NetworkPolicy)
	default:
		policy.Spec.Ingress, policy.Spec.Egress = fromRouter(router), toPublic()
	}
	return policy
}

// SampleNetworkPolicy returns the NetworkPolicy with the rules of template, under a generated name and without an owner, to
// ask the API server about: what it says of these rules it would say of the template's policy. It is nil where the template
// has no rules that would be used.
func SampleNetworkPolicy(template *extensionsv1.SandboxTemplate) *networkingv1.NetworkPolicy {
	if template.Spec.NetworkPolicy == nil || !isManaged(template) {
		return nil
	}
	policy := NetworkPolicy(template, nil, &corev1.Namespace{}, Router{})
	policy.Name, policy.GenerateName, policy.OwnerReferences = "", "sandbox-", nil
	return policy
}

// ownRules returns a copy of the rules in spec as the API server stores them, so that a stored policy can be compared: a
// port without a protocol is one of TCP.
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

// fromRouter lets in the Pods of the router, on every port.
func fromRouter(router Router) []networkingv1.NetworkPolicyIngressRule {
	return []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: router.Namespace}},
		PodSelector:       &metav1.LabelSelector{MatchLabels: maps.Clone(router.Labels)},
	}}}}
}

// toPublic lets out to the internet and not to private networks, the cluster's own and its DNS among them, nor to the
// addresses at which clouds hand out credentials.
func toPublic() []networkingv1.NetworkPolicyEgressRule {
	block := func(cidr string, except ...string) networkingv1.NetworkPolicyPeer {
		return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr, Except: except}}
	}
	return []networkingv1.NetworkPolicyEgressRule{{To: []networkingv1.NetworkPolicyPeer{
		block("0.0.0.0/0", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
		block("::/0", "fc00::/7", "fe80::/10"),
	}}}
}
