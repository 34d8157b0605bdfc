package suite

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/kubernetes"
)

// KubernetesMinor returns the minor version of the API server.
func KubernetesMinor(t *testing.T) int {
	t.Helper()
	return kubernetes.Minor(t, shared.admin)
}

// Has reports whether the API server has a feature, which it has since that minor version of Kubernetes.
func Has(t *testing.T, feature string, since int) bool {
	t.Helper()
	return kubernetes.Has(t, shared.admin, feature, since)
}
