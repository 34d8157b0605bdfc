// Package reconcile steps the reconcilers by hand against a real API server that enforces the rules, and loses every race
// on purpose that they claim to survive.
package reconcile

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Options{EnforceOwnerPermissions: true}) }
