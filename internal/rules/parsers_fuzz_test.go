package rules_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// FuzzParsers: what a parser accepts is valid, and is the same when it is written down and read again.
func FuzzParsers(f *testing.F) {
	for _, text := range []string{"", "sandbox.users.io", "a.b, C.d\n\n e", ",", "8.8.8.8,1.1.1.1", "::ffff:1.2.3.4", "fe80::1%eth0", "team-a,team-b", "example.com/*", "x/*,y", "\xff", strings.Repeat("a,", 300)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if domains, err := rules.ParseLabelDomains(text); err == nil {
			again, err := rules.ParseLabelDomains(strings.Join(domains, ","))
			if err != nil || !slices.Equal(again, domains) || len(domains) == 0 {
				t.Errorf("domains %q, again %q, %v", domains, again, err)
			}
			for _, domain := range domains {
				if len(validation.IsDNS1123Subdomain(domain)) > 0 {
					t.Errorf("domain %q", domain)
				}
			}
		}
		if servers, err := rules.ParseNameservers(text); err == nil {
			again, err := rules.ParseNameservers(strings.Join(servers, ","))
			if err != nil || !slices.Equal(again, servers) || len(servers) == 0 || len(servers) > 3 {
				t.Errorf("nameservers %q, again %q, %v", servers, again, err)
			}
			for _, server := range servers {
				if address, err := netip.ParseAddr(server); err != nil || address.IsLoopback() || address.Zone() != "" {
					t.Errorf("nameserver %q", server)
				}
			}
		}
		if namespaces, err := rules.ParseNamespaces(text); err == nil {
			again, err := rules.ParseNamespaces(strings.Join(namespaces, ","))
			if err != nil || !slices.Equal(again, namespaces) {
				t.Errorf("namespaces %q, again %q, %v", namespaces, again, err)
			}
			for _, namespace := range namespaces {
				if len(validation.IsDNS1123Label(namespace)) > 0 {
					t.Errorf("namespace %q", namespace)
				}
			}
		}
		if taints, err := rules.ParseDisruptionTaints(text); err == nil {
			again, err := rules.ParseDisruptionTaints(strings.Join(taints, ","))
			if err != nil || !slices.Equal(again, taints) {
				t.Errorf("taints %q, again %q, %v", taints, again, err)
			}
		}
	})
}
