package rules

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// maxNameservers is how many nameservers Kubernetes allows in a Pod.
const maxNameservers = 3

// Nameservers are the addresses that Pods of a template ask for names, if the template names none and has the default
// NetworkPolicy. Empty stands for DefaultNameservers.
type Nameservers []string

// DefaultNameservers returns those of agent-sandbox, which are public.
func DefaultNameservers() Nameservers { return slices.Clone(publicNameservers) }

// ParseNameservers returns the addresses in a text, which are separated by commas, or every problem with it.
func ParseNameservers(text string) (Nameservers, error) {
	var parsed Nameservers
	var errs []error
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		address, err := netip.ParseAddr(item)
		switch {
		case err != nil || address.Zone() != "":
			errs = append(errs, fmt.Errorf("found %q, must be an IP address, such as 8.8.8.8 or 2001:4860:4860::8888", item))
		case address.Is4In6():
			errs = append(errs, fmt.Errorf("found %q, must be the IPv4 address itself: %s", item, address.Unmap()))
		case address.IsUnspecified(), address.IsLoopback(), address.IsMulticast():
			errs = append(errs, fmt.Errorf("found %q, must be an address at which a Pod can reach a nameserver", item))
		case slices.Contains(parsed, address.String()):
			errs = append(errs, fmt.Errorf("found %q twice", item))
		default:
			parsed = append(parsed, address.String())
		}
	}
	if len(parsed) > maxNameservers {
		errs = append(errs, fmt.Errorf("found %d addresses, must be at most %d: a Pod has no more", len(parsed), maxNameservers))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return parsed, nil
}

// Serve returns sandbox, which was made of template just now, with these nameservers, if the template leaves them to the
// operator. They go into new Sandboxes only, and not into the hash by which a pool knows its own. So two managers with different
// ones, as during an upgrade, do not replace each other's Sandboxes.
func (n Nameservers) Serve(sandbox *sandboxv1.Sandbox, template *extensionsv1.SandboxTemplate) *sandboxv1.Sandbox {
	served := *sandbox
	served.Spec.SandboxBlueprint = n.inBlueprint(sandbox.Spec.SandboxBlueprint, template)
	return &served
}

// inBlueprint returns blueprint, which is that of template, with n as Serve explains it. It does not change what it is given.
func (n Nameservers) inBlueprint(
	blueprint sandboxv1.SandboxBlueprint, template *extensionsv1.SandboxTemplate,
) sandboxv1.SandboxBlueprint {
	if len(n) == 0 || !leavesNameservers(template) {
		return blueprint
	}
	served := *blueprint.DeepCopy()
	served.PodTemplate.Spec.DNSConfig.Nameservers = slices.Clone(n)
	return served
}

// leavesNameservers reports whether the Pods of template get the operator's nameservers. They do under the default
// NetworkPolicy, if the template has neither a dnsPolicy nor nameservers.
func leavesNameservers(template *extensionsv1.SandboxTemplate) bool {
	config := template.Spec.PodTemplate.Spec.DNSConfig
	return usesPublicDNS(template) && (config == nil || len(config.Nameservers) == 0)
}

// toNameservers returns the rule that lets Pods reach, on the port of DNS alone, those of n that are no public addresses. It
// returns none if all are public: toPublic lets Pods reach those.
func toNameservers(n Nameservers) []networkingv1.NetworkPolicyEgressRule {
	var peers []networkingv1.NetworkPolicyPeer
	for _, nameserver := range n {
		address, err := netip.ParseAddr(nameserver)
		if err != nil || !isKeptFrom(address) {
			continue
		}
		single := netip.PrefixFrom(address, address.BitLen())
		peers = append(peers, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: single.String()}})
	}
	if len(peers) == 0 {
		return nil
	}
	dns := intstr.FromInt32(53)
	return []networkingv1.NetworkPolicyEgressRule{{
		To:    peers,
		Ports: []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolUDP), Port: &dns}, {Protocol: new(corev1.ProtocolTCP), Port: &dns}},
	}}
}

// isKeptFrom reports whether the default NetworkPolicy keeps Pods from address.
func isKeptFrom(address netip.Addr) bool {
	return slices.ContainsFunc(slices.Concat(notPublic4, notPublic6), func(network string) bool {
		return netip.MustParsePrefix(network).Contains(address)
	})
}
