// Package migrate tests that the reconcilers take over what agent-sandbox leaves in a cluster: objects that were there before
// any webhook, with its labels, annotations, owner references and statuses, both finished and half done. Nothing may be lost.
//
// writing_test.go says how agent-sandbox writes its objects, the files before_*_test.go say which objects there are, and
// testdata/changes.golden says what becomes of them. docs/migrating.md promises that to users.
package migrate

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestMain(m *testing.M) {
	suite.Main(m, suite.Options{EnforceOwnerPermissions: true, Old: createInstallation, OldCopies: len(orders)})
}
