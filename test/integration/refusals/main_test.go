// Package refusals runs one table of cases, testdata/cases, against a real API server: what the rules refuse and what they allow, by whom
// and by which kind of write. It runs the table with the webhooks, and once more without any.
package refusals

import (
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// No claim is bound on its creation: the situations bind as they need.
func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard()) // The table is what is read. Without a logger the webhooks complain.
	suite.Main(m, suite.Options{Unfed: true})
}
