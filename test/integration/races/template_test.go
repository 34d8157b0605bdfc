package races

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

const policyName = "python-network-policy"

// What comes between the look at a NetworkPolicy and the write is not overwritten: the pass asks for another, quietly, and
// that one goes by what is there.
func TestAPolicyThatChangesInBetween(t *testing.T) {
	orphan := func(t *testing.T, n *suite.Namespace) {
		t.Helper()
		policy := suite.Get[networkingv1.NetworkPolicy](t, n, policyName)
		policy.OwnerReferences = nil
		if err := n.Admin.Update(t.Context(), policy); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		verb   string
		change func(*extensionsv1.SandboxTemplateSpec)
	}{
		"it is no longer the template's when it is repaired": {"patch", func(spec *extensionsv1.SandboxTemplateSpec) {
			spec.NetworkPolicy = &extensionsv1.NetworkPolicySpec{}
		}},
		"it is no longer the template's when it is deleted": {"delete", func(spec *extensionsv1.SandboxTemplateSpec) {
			spec.NetworkPolicyManagement = extensionsv1.NetworkPolicyUnmanaged
		}},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
			n.Step(t, template)
			template = suite.Get[extensionsv1.SandboxTemplate](t, n, "python")
			tc.change(&template.Spec)
			if err := n.Editor.Update(t.Context(), template); err != nil {
				t.Fatal(err)
			}
			n.Settle(t)
			reconciler := n.Templates(suite.Before(n.Cached, suite.Once[*networkingv1.NetworkPolicy](tc.verb, func() { orphan(t, n) })))
			result, err := reconciler.Reconcile(t.Context(), template)
			if err != nil || result.RequeueAfter <= 0 {
				t.Errorf("the pass ends with %+v, %v; want another one soon", result, err)
			}
			if got := suite.Get[networkingv1.NetworkPolicy](t, n, policyName); len(got.OwnerReferences) > 0 {
				t.Errorf("the policy is controlled by %v", got.OwnerReferences)
			}
			if events := n.Events(); len(events) > 0 {
				t.Errorf("events: %v", events)
			}
		})
	}
}

// A policy of that name that comes between look and creation is left alone.
func TestAPolicyThatComesInBetween(t *testing.T) {
	n := suite.New(t)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	n.Settle(t)
	theirs := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: policyName, Labels: map[string]string{"team": "x"}}}
	reconciler := n.Templates(suite.Before(n.Cached, suite.Once[*networkingv1.NetworkPolicy]("create", func() {
		suite.Create(t, n, n.Admin, theirs)
	})))
	result, err := reconciler.Reconcile(t.Context(), template)
	if err != nil || result.RequeueAfter <= 0 {
		t.Errorf("the pass ends with %+v, %v; want another one soon", result, err)
	}
	if got := suite.Get[networkingv1.NetworkPolicy](t, n, policyName); got.ResourceVersion != theirs.ResourceVersion {
		t.Errorf("the policy was touched: %v", got)
	}
	if _, err := n.TryStep(t, template); err == nil {
		t.Error("the next pass does not say that the name is taken")
	}
}
