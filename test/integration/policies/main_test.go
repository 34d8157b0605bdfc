// Package policies tests what holds where no webhooks are: the API server enforces the rules by its policies, and the controller binds.
package policies

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func TestMain(m *testing.M) { suite.Main(m, suite.Options{WithoutWebhooks: true}) }
