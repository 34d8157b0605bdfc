package plugin

import (
	"testing"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// inUse returns a namespace with a pool of two, one of which a claim has, with Pods as the reconcilers make them; a claim whose
// template is missing; and a Sandbox of nobody.
func inUse(t *testing.T) *suite.Namespace {
	t.Helper()
	n := suite.New(t)
	pool := n.Pool(t, "python")
	for _, suffix := range []string{"aaaaa", "bbbbb"} {
		running(t, n, n.Offered(t, pool, suffix))
	}
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("agent").Pool("python").Obj())
	n.Step(t, claim)
	n.Step(t, pool)
	late := suite.Create(t, n, n.Editor, builder.MakeClaim("late").Template("rust").Obj())
	n.Step(t, late)
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeSandbox("runner").Obj()))
	return n
}

// running gives a Sandbox its Pod, which runs.
func running(t *testing.T, n *suite.Namespace, sandbox *sandboxv1.Sandbox) {
	t.Helper()
	n.Step(t, sandbox)
	n.RunPod(t, sandbox.Name)
	n.Step(t, sandbox)
}

func TestTree(t *testing.T) {
	n := inUse(t)
	transcript(t, n, "tree",
		[]string{"tree"},
		[]string{"tree", "pool/python", "-o", "wide"},
		[]string{"tree", "template/python", "--all"},
		[]string{"tree", "claim", "agent"},
		[]string{"tree", "claim/agent", "-o", "json"},
		[]string{"tree", "claim/late", "-o", "yaml"},
		[]string{"tree", "-o", "name"},
		[]string{"tree", "claim/agents"},
		[]string{"tree", "deployment/agent"},
		[]string{"tree", "claim/agent", "-A"},
		[]string{"tree", "-A"},
		[]string{"tree", "-o", "xml"},
	)
}

func TestTop(t *testing.T) {
	n := inUse(t)
	transcript(t, n, "top",
		[]string{"top"},
		[]string{"top", "-o", "wide", "--sort-by", "name"},
		[]string{"top", "-o", "json"},
		[]string{"top", "-o", "yaml"},
		[]string{"top", "-o", "name"},
		[]string{"top", "--sort-by", "size"},
		[]string{"top", "--window", "0s"},
	)
}

func TestNothingIsThere(t *testing.T) {
	n := suite.New(t)
	transcript(t, n, "nothing", []string{"tree"}, []string{"top"}, []string{"tree", "-o", "name"}, []string{"version"})
}
