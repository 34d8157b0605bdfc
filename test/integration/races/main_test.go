// Package races provokes every race that the reconcilers claim to survive, against a real API server that enforces the rules.
// It uses stale objects, workers that act between another's read and its write, and caches that are held back.
package races

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Options{EnforceOwnerPermissions: true, Unfed: true}) }
