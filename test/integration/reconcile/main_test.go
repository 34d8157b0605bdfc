// Package reconcile calls the reconcilers step by step against a real API server, and checks what they write.
package reconcile

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestMain(m *testing.M) {
	suite.Main(m, suite.Options{EnforceOwnerPermissions: true, Old: createOld, OldCopies: 2})
}
