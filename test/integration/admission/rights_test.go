package admission

import (
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
	"github.com/namesake-sandbox/namesake/test/rights"
)

// The configuration gives the manager's service account the rights that it needs, and no others.
func TestRightsOfTheManager(t *testing.T) {
	n := suite.New(t)
	rights.Check(t, n.Admin, types.NamespacedName{Namespace: "namesake-system", Name: "namesake"}, n.Name)
}
