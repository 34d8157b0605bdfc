package reconcile

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A user waits for these two writes, and nothing comes after them.
func TestAWarmClaimCostsTwoWrites(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Offered(t, pool, "aaaaa")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	if rules.Binding(claim) != warm.Name {
		t.Fatalf("admission bound the claim to %q, want %q", rules.Binding(claim), warm.Name)
	}
	n.Settle(t)

	before := suite.Writes(t)
	n.Step(t, claim)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes": 1, "PATCH sandboxclaims/status": 1})

	again := suite.Writes(t)
	n.Step(t, claim)
	again.Expect(t, suite.Writes, suite.Counts{})
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine"); !isReady(got.Status.Conditions) || got.Status.Sandbox.Name != warm.Name {
		t.Errorf("the claim's status is %+v, want Ready with Sandbox %s", got.Status, warm.Name)
	}
}

// Without admission's stamp the reconciler binds, which costs one more write.
func TestAWarmClaimThatWaitedCostsThreeWrites(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	n.Offered(t, pool, "aaaaa")

	before := suite.Writes(t)
	n.Step(t, claim)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxclaims": 1, "PATCH sandboxes": 1, "PATCH sandboxclaims/status": 1})
}

func TestAColdClaimCostsThreeWrites(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	n.Settle(t)

	before := suite.Writes(t)
	n.Step(t, claim)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxclaims": 1, "POST sandboxes": 1, "PATCH sandboxclaims/status": 1})

	again := suite.Writes(t)
	n.Step(t, claim)
	again.Expect(t, suite.Writes, suite.Counts{})
}

// A Sandbox is written when it gets its Pod and when it becomes Ready, and not at each step of the Pod's start.
func TestASandboxCostsThreeWrites(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())

	before := suite.Writes(t)
	n.Step(t, sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"POST pods": 1, "PATCH sandboxes/status": 1})

	n.PatchPodStatus(t, "mine", func(status *corev1.PodStatus) { status.Message = "pulling" })
	quiet := suite.Writes(t)
	n.Step(t, sandbox)
	quiet.Expect(t, suite.Writes, suite.Counts{})

	n.RunPod(t, "mine")
	ready := suite.Writes(t)
	n.Step(t, sandbox)
	n.Step(t, sandbox)
	ready.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes/status": 1})
}

func TestAPoolCostsAWriteForEachSandbox(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	pool := suite.Get[extensionsv1.SandboxWarmPool](t, n, "python")
	pool.Spec.Replicas = new(int32(4))
	if err := n.Editor.Update(t.Context(), pool); err != nil {
		t.Fatal(err)
	}

	before := suite.Writes(t)
	n.Step(t, pool)
	before.Expect(t, suite.Writes, suite.Counts{"POST sandboxes": 4, "PATCH sandboxwarmpools/status": 1})

	settled := suite.Writes(t)
	n.Step(t, pool)
	settled.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxwarmpools/status": 1})

	again := suite.Writes(t)
	n.Step(t, pool)
	again.Expect(t, suite.Writes, suite.Counts{})
}
