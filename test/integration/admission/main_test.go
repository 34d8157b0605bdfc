// Package admission tests against a real API server what users may write and what they may not. It runs the real kubectl as
// the editor of a namespace, who is no administrator.
package admission

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Options{WithoutPolicies: true}) }
