package testbed

import (
	"strconv"
	"strings"
	"testing"

	"k8s.io/client-go/discovery"
)

// KubernetesMinor returns the minor version of the API server: 30 for v1.30.14.
func (b *Bed) KubernetesMinor(t *testing.T) int {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(b.admin)
	if err != nil {
		t.Fatal(err)
	}
	version, err := client.ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	minor, err := strconv.Atoi(strings.TrimSuffix(version.Minor, "+"))
	if err != nil || version.Major != "1" {
		t.Fatalf("the API server's version is %s: %v", version, err)
	}
	return minor
}
