package testbed

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/kubernetes"
)

// Has reports whether the API server has a feature, which it has since that minor version of Kubernetes.
func (b *Bed) Has(t *testing.T, feature string, since int) bool {
	t.Helper()
	return kubernetes.Has(t, b.admin, feature, since)
}
