package reconcile

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// restored returns the NetworkPolicy of the template "python" as a backup restores it, without owners and status.
func restored(n *suite.Namespace) *networkingv1.NetworkPolicy {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: n.Name}}
	policy := rules.NetworkPolicy(builder.MakeTemplate("python").Namespace(n.Name).Obj(), nil, namespace, rules.DefaultNetwork())
	policy.OwnerReferences = nil
	return policy
}

// A running manager: policies come back first, then templates, then pools. The template takes its policy over, and the pool gets its Pods.
func TestARestoredNetworkPolicy(t *testing.T) {
	n := suite.New(t)
	n.Run(t, func(*controllers.Options) {})
	before := suite.Create(t, n, n.Admin, restored(n))
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Label(sandboxv1.LabelTemplateRefHash, rules.Hash("python")).Obj())
	suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Replicas(1).Obj())
	var pods corev1.PodList
	suite.Await(t, "the pool's Pod is there", func() bool {
		if err := n.Admin.List(t.Context(), &pods, client.InNamespace(n.Name)); err != nil {
			t.Fatal(err)
		}
		return len(pods.Items) == 1
	})
	expectUnder(t, n, pods.Items[0].Name, "python")
	after := suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy)
	if template := suite.Get[extensionsv1.SandboxTemplate](t, n, "python"); after.UID != before.UID || !rules.ControlledBy(after, template) || len(after.OwnerReferences) != 2 {
		t.Errorf("the policy, formerly %s, is %s with the owners %v", before.UID, after.UID, after.OwnerReferences)
	}
	expectEvents(t, n)
}

// Somebody takes the owners away from the policy. The template has it again, in one write. If the label goes as well, or the policy selects
// other Pods, it stays as it is, and the Sandbox says that it is not as it should be.
func TestANetworkPolicyThatLosesItsOwners(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*networkingv1.NetworkPolicy)
		writes suite.Counts
		want   string
	}{
		"the owners":               {func(*networkingv1.NetworkPolicy) {}, suite.Counts{"PATCH networkpolicies": 1}, ""},
		"the owners and a rule":    {func(p *networkingv1.NetworkPolicy) { p.Spec.Egress = nil }, suite.Counts{"PATCH networkpolicies": 1}, ""},
		"the owners and the label": {func(p *networkingv1.NetworkPolicy) { p.Labels = nil }, suite.Counts{"POST networkpolicies": 1}, waitsForMissing},
		"the owners, and it selects all Pods": {
			func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector = metav1.LabelSelector{} }, suite.Counts{},
			waits + `the one of that name is controlled by nobody. Delete or rename that one, or set networkPolicyManagement: Unmanaged`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			template := n.Template(t, builder.MakeTemplate("python").Obj())
			sandbox := member(t, n)
			policy := suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy)
			policy.OwnerReferences = nil
			tc.change(policy)
			if err := n.Admin.Update(t.Context(), policy); err != nil {
				t.Fatal(err)
			}
			n.Settle(t)
			before := suite.Writes(t)
			n.Step(t, template)
			before.Expect(t, suite.Writes, tc.writes)
			if tc.want != "" {
				expectWaits(t, n, sandbox, tc.want)
				return
			}
			expectPolicy(t, n, template, nil)
			n.Step(t, sandbox)
			expectUnder(t, n, sandbox.Name, "python")
		})
	}
}
