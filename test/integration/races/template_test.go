package races

import (
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

const policyName = "python-network-policy"

// A change between the read of a NetworkPolicy and its write is not overwritten. The reconcile quietly asks for another, which
// uses the current policy.
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
			if err != nil || !suite.Soon(result) {
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

// A policy of that name that appears between the read and the creation is left alone.
func TestAPolicyThatComesInBetween(t *testing.T) {
	n := suite.New(t)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	n.Settle(t)
	theirs := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: policyName, Labels: map[string]string{"team": "x"}}}
	reconciler := n.Templates(suite.Before(n.Cached, suite.Once[*networkingv1.NetworkPolicy]("create", func() {
		suite.Create(t, n, n.Admin, theirs)
	})))
	if result, err := reconciler.Reconcile(t.Context(), template); err != nil || result.RequeueAfter != time.Minute {
		t.Errorf("the pass ends with %+v, %v; want another one in a minute", result, err)
	}
	if events := n.Events(); len(events) != 1 || !strings.Contains(events[0], policyName) {
		t.Errorf("events %v do not say that the name is taken", events)
	}
	if got := suite.Get[networkingv1.NetworkPolicy](t, n, policyName); got.ResourceVersion != theirs.ResourceVersion {
		t.Errorf("the policy was touched: %v", got)
	}
}

// A template is created again while the policy that the first one left is about to be deleted. The template has that policy
// nevertheless.
func TestATemplateComesBackBeforeItsPolicyGoes(t *testing.T) {
	n := suite.New(t)
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj()))
	n.Delete(t, n.Editor, suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
	policy := suite.Get[networkingv1.NetworkPolicy](t, n, policyName)
	policy.OwnerReferences = policy.OwnerReferences[1:] // The garbage collector does this.
	if err := n.Collector.Update(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
	again := builder.MakeTemplate("python").Obj()
	r := n.Templates(suite.Before(n.Cached, suite.Once[*networkingv1.NetworkPolicy]("delete", func() {
		n.Step(t, suite.Create(t, n, n.Editor, again))
	})))
	for range 2 {
		n.Settle(t)
		if _, err := r.ReconcileRequest(t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: n.Name, Name: "python"}}); err != nil {
			t.Fatal(err)
		}
		n.Clock.Step(5 * time.Minute)
	}
	if again.UID == "" {
		t.Fatal("the policy was not about to be deleted")
	}
	if got := suite.Get[networkingv1.NetworkPolicy](t, n, policyName); got.UID != policy.UID || !rules.ControlledBy(got, again) {
		t.Errorf("the policy has UID %s after %s, and owners %v", got.UID, policy.UID, got.OwnerReferences)
	}
}
