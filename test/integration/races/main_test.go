// Package races loses every race on purpose that the reconcilers claim to survive, against a real API server that enforces
// the rules: with stale objects, with workers that do something between another's reading and its writing, and with caches
// that are held back.
package races

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Options{EnforceOwnerPermissions: true, Unfed: true}) }
