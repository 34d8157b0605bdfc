package reconcile

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A Sandbox on a node that is cordoned, drained without a cordon, or gone, is not handed out. It is offered again when the
// node is back.
func TestNodesAndOffers(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	node := suite.Create(t, n, n.Admin, builder.MakeNode("drained").Obj())
	t.Cleanup(func() { _ = n.Admin.Delete(context.Background(), node) })
	warm := n.Member(t, pool, "aaaaa")
	base := warm.DeepCopy()
	warm.Status = builder.MakeSandbox(warm.Name).Node("drained").Ready().Obj().Status
	if err := n.Controller.Status().Patch(t.Context(), warm, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	n.AwaitOffer(t, pool, true)
	change := func(to func(*corev1.NodeSpec)) {
		base := node.DeepCopy()
		to(&node.Spec)
		if err := n.Admin.Patch(t.Context(), node, client.MergeFrom(base)); err != nil {
			t.Fatal(err)
		}
	}

	change(func(spec *corev1.NodeSpec) { spec.Unschedulable = true })
	n.AwaitOffer(t, pool, false)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	n.Step(t, claim)
	if got := suite.Get[sandboxv1.Sandbox](t, n, "mine"); !rules.ControlledBy(got, claim) {
		t.Errorf("the claim did not go cold: %v", got.OwnerReferences)
	}

	change(func(spec *corev1.NodeSpec) { spec.Unschedulable = false })
	n.AwaitOffer(t, pool, true)
	for _, taint := range []corev1.Taint{
		{Key: "ToBeDeletedByClusterAutoscaler", Value: "1760000000", Effect: corev1.TaintEffectNoSchedule},
		{Key: "karpenter.sh/disrupted", Effect: corev1.TaintEffectNoSchedule},
		{Key: "cloud.google.com/impending-node-termination", Effect: corev1.TaintEffectNoSchedule},
		{Key: "node.cloudprovider.kubernetes.io/shutdown", Effect: corev1.TaintEffectNoSchedule},
		{Key: "aws-node-termination-handler/spot-itn", Value: "1760000000", Effect: corev1.TaintEffectNoSchedule},
	} {
		change(func(spec *corev1.NodeSpec) { spec.Taints = []corev1.Taint{taint} })
		n.AwaitOffer(t, pool, false)
		change(func(spec *corev1.NodeSpec) { spec.Taints = nil })
		n.AwaitOffer(t, pool, true)
	}
	n.Delete(t, n.Admin, node)
	n.AwaitOffer(t, pool, false)
	node = suite.Create(t, n, n.Admin, builder.MakeNode("drained").Obj())
	n.AwaitOffer(t, pool, true)
}
