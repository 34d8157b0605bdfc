// Package kubernetes tells tests which Kubernetes they run on. They run on older ones, too, and use what is not there yet only where it is.
package kubernetes

import (
	"strconv"
	"strings"
	"testing"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

// Minor returns the minor version of the API server: 30 for v1.30.14.
func Minor(t *testing.T, config *rest.Config) int {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(config)
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

// Has reports whether the API server has a feature, without a feature gate, which Kubernetes has since that minor version:
// https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/ says so of most. If it does not, Has says so.
func Has(t *testing.T, config *rest.Config, feature string, since int) bool {
	t.Helper()
	minor := Minor(t, config)
	if minor < since {
		t.Logf("this is Kubernetes 1.%d, and %s is there since 1.%d: left out", minor, feature, since)
	}
	return minor >= since
}
