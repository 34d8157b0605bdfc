package reconcile

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// createColliding creates two templates that admission would not accept beside each other, and the policy that the second one
// had before: one that allows all egress.
func createColliding(ctx context.Context, admin client.Client, namespace string) error {
	first, second := builder.CollidingNames()
	elder := builder.MakeTemplate(first).Namespace(namespace).Obj()
	if err := admin.Create(ctx, elder); err != nil {
		return err
	}
	younger := builder.MakeTemplate(second).Namespace(namespace).NetworkPolicy(extensionsv1.NetworkPolicySpec{
		Egress: []networkingv1.NetworkPolicyEgressRule{{}},
	}).Obj()
	if err := admin.Create(ctx, younger); err != nil {
		return err
	}
	policy := rules.NetworkPolicy(younger, nil, &corev1.Namespace{}, rules.DefaultNetwork())
	policy.Labels, policy.OwnerReferences = nil, policy.OwnerReferences[:1]
	return admin.Create(ctx, policy)
}

// NetworkPolicies cannot tell two colliding templates apart. The earlier template is served as if it were alone. The later
// one's policy allows nothing, so that it does not open the earlier one's Pods, until the earlier template is gone.
func TestTemplatesThatCollide(t *testing.T) {
	n := suite.OldNamespace(t)
	first, second := builder.CollidingNames()
	elder, younger := suite.Get[extensionsv1.SandboxTemplate](t, n, first), suite.Get[extensionsv1.SandboxTemplate](t, n, second)

	n.Step(t, elder)
	expectPolicy(t, n, elder, nil)
	expectQuiet(t, n, elder)

	before := suite.Writes(t)
	n.Step(t, younger)
	before.Expect(t, suite.Writes, suite.Counts{ // Its policy has no label, and so the cache does not have it.
		"POST networkpolicies": 1, "PATCH networkpolicies": 1, "PATCH sandboxtemplates": 1,
	})
	expectPolicy(t, n, younger, elder)
	warning := "Warning NameCollision " + rules.CollisionMessage(younger, elder)
	expectEvents(t, n, warning)

	// Every reconcile reports the collision again, since events expire.
	again := suite.Writes(t)
	n.Step(t, younger)
	again.Expect(t, suite.Writes, suite.Counts{})
	expectEvents(t, n, warning)

	younger = suite.Get[extensionsv1.SandboxTemplate](t, n, second)
	younger.Spec.NetworkPolicyManagement = extensionsv1.NetworkPolicyUnmanaged
	if err := n.Editor.Update(t.Context(), younger); err != nil {
		t.Fatal(err)
	}
	n.Step(t, younger)
	expectPolicy(t, n, younger, elder)
	expectEvents(t, n, "Warning NameCollision "+rules.CollisionMessage(younger, elder))
	younger.Spec.NetworkPolicyManagement = extensionsv1.NetworkPolicyManaged
	if err := n.Editor.Update(t.Context(), younger); err != nil {
		t.Fatal(err)
	}

	n.Delete(t, n.Editor, elder)
	n.Step(t, younger)
	expectPolicy(t, n, younger, nil)
	expectQuiet(t, n, younger)
}
