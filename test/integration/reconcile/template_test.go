package reconcile

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// ownRules are a template's own rules that use the features of NetworkPolicies, and say no more than they must.
func ownRules() extensionsv1.NetworkPolicySpec {
	return extensionsv1.NetworkPolicySpec{
		Ingress: []networkingv1.NetworkPolicyIngressRule{{
			From: []networkingv1.NetworkPolicyPeer{
				{NamespaceSelector: &metav1.LabelSelector{}},
				{PodSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpExists}}}},
			},
			Ports: []networkingv1.NetworkPolicyPort{{Port: new(intstr.FromInt32(8000)), EndPort: new(int32(9000))}, {Port: new(intstr.FromString("web"))}},
		}},
		Egress: []networkingv1.NetworkPolicyEgressRule{
			{To: []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "10.0.0.0/8", Except: []string{"10.1.0.0/16"}}}}},
			{Ports: []networkingv1.NetworkPolicyPort{{Protocol: new(corev1.ProtocolUDP), Port: new(intstr.FromInt32(53))}, {}}},
		},
	}
}

// expectPolicy fails unless template has the NetworkPolicy that the rules say, or has none if they say so.
func expectPolicy(t *testing.T, n *suite.Namespace, template, elder *extensionsv1.SandboxTemplate) {
	t.Helper()
	want := rules.NetworkPolicy(suite.Get[extensionsv1.SandboxTemplate](t, n, template.Name), elder,
		suite.Get[corev1.Namespace](t, n, n.Name), rules.DefaultNetwork())
	got := &networkingv1.NetworkPolicy{}
	err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: rules.NetworkPolicyName(template)}, got)
	if apierrors.IsNotFound(err) {
		got, err = nil, nil
	}
	if err != nil {
		t.Fatal(err)
	}
	if got != nil {
		got.ObjectMeta = metav1.ObjectMeta{Namespace: got.Namespace, Name: got.Name, Labels: got.Labels, OwnerReferences: got.OwnerReferences}
	}
	sorted := cmpopts.SortSlices(func(a, b metav1.OwnerReference) bool { return a.UID < b.UID })
	if diff := cmp.Diff(want, got, sorted); diff != "" {
		t.Errorf("NetworkPolicy of %s (-want +got):\n%s", template.Name, diff)
	}
}

// The default policy lets in the router that the manager was told of, and nobody else. (W21)
func TestTheRouterIsLetIn(t *testing.T) {
	n := suite.New(t)
	n.Run(t, func(o *controllers.Options) {
		o.Network.Router = rules.Router{Namespace: "edge", Labels: map[string]string{"app.kubernetes.io/name": "sandbox-router"}}
	})
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	policy := &networkingv1.NetworkPolicy{}
	suite.Await(t, "the template has its policy", func() bool {
		key := client.ObjectKey{Namespace: n.Name, Name: rules.NetworkPolicyName(template)}
		return n.Admin.Get(t.Context(), key, policy) == nil
	})
	want := []networkingv1.NetworkPolicyIngressRule{{From: []networkingv1.NetworkPolicyPeer{{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "edge"}},
		PodSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"app.kubernetes.io/name": "sandbox-router"}},
	}}}}
	if diff := cmp.Diff(want, policy.Spec.Ingress); diff != "" {
		t.Errorf("ingress (-want +got):\n%s", diff)
	}
}

// expectQuiet fails unless another reconcile of template writes nothing, emits no event and asks for no other reconcile.
func expectQuiet(t *testing.T, n *suite.Namespace, template *extensionsv1.SandboxTemplate) {
	t.Helper()
	n.Events()
	before := suite.Writes(t)
	if result := n.Step(t, template); result != (reconcile.Result{}) {
		t.Errorf("a pass that changes nothing asks for another: %+v", result)
	}
	before.Expect(t, suite.Writes, suite.Counts{})
	expectEvents(t, n)
}

func TestATemplateGetsItsNetworkPolicy(t *testing.T) {
	for name, tc := range map[string]struct {
		template *builder.TemplateWrapper
		want     suite.Counts
	}{
		"the default one":          {builder.MakeTemplate("python"), suite.Counts{"POST networkpolicies": 1, "PATCH sandboxtemplates": 1}},
		"with its own rules":       {builder.MakeTemplate("python").NetworkPolicy(ownRules()), suite.Counts{"POST networkpolicies": 1, "PATCH sandboxtemplates": 1}},
		"that allows nothing":      {builder.MakeTemplate("python").NetworkPolicy(extensionsv1.NetworkPolicySpec{}), suite.Counts{"POST networkpolicies": 1, "PATCH sandboxtemplates": 1}},
		"none, as it is Unmanaged": {builder.MakeTemplate("python").NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged), suite.Counts{"PATCH sandboxtemplates": 1}},
		"a label that was wrong":   {builder.MakeTemplate("python").Label(sandboxv1.LabelTemplateRefHash, "00000000").Label("team", "x"), suite.Counts{"POST networkpolicies": 1, "PATCH sandboxtemplates": 1}},
		"a label that was right":   {builder.MakeTemplate("python").Label(sandboxv1.LabelTemplateRefHash, rules.Hash("python")), suite.Counts{"POST networkpolicies": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			template := suite.Create(t, n, n.Editor, tc.template.Obj())
			before := suite.Writes(t)
			n.Step(t, template)
			before.Expect(t, suite.Writes, tc.want)
			expectPolicy(t, n, template, nil)
			labels := map[string]string{sandboxv1.LabelTemplateRefHash: rules.Hash("python")}
			if team, ok := template.Labels["team"]; ok {
				labels["team"] = team
			}
			if diff := cmp.Diff(labels, suite.Get[extensionsv1.SandboxTemplate](t, n, "python").Labels); diff != "" {
				t.Errorf("labels of the template (-want +got):\n%s", diff)
			}
			expectEvents(t, n)
			expectQuiet(t, n, template)
		})
	}
}

// A name that is too long for a NetworkPolicy is allowed for a template that manages none.
func TestATemplateWithTheLongestName(t *testing.T) {
	n := suite.New(t)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate(strings.Repeat("a", 253)).NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj())
	n.Step(t, template)
	expectQuiet(t, n, template)
}

// Whatever happens to the policy, the next reconcile repairs it, and emits no event.
func TestDriftIsRepaired(t *testing.T) {
	patch := func(text string) func(*testing.T, *suite.Namespace, client.Object) {
		return func(t *testing.T, n *suite.Namespace, policy client.Object) {
			t.Helper()
			if err := n.Admin.Patch(t.Context(), policy, client.RawPatch("application/merge-patch+json", []byte(text))); err != nil {
				t.Fatal(err)
			}
		}
	}
	spec := func(change func(*extensionsv1.SandboxTemplateSpec)) func(*testing.T, *suite.Namespace, client.Object) {
		return func(t *testing.T, n *suite.Namespace, _ client.Object) {
			t.Helper()
			template := suite.Get[extensionsv1.SandboxTemplate](t, n, "python")
			change(&template.Spec)
			if err := n.Editor.Update(t.Context(), template); err != nil {
				t.Fatal(err)
			}
		}
	}
	repaired := suite.Counts{"PATCH networkpolicies": 1}
	for name, tc := range map[string]struct {
		change func(*testing.T, *suite.Namespace, client.Object)
		want   suite.Counts
	}{
		"a rule was added":         {patch(`{"spec":{"egress":[{}]}}`), repaired},
		"the rules were taken out": {patch(`{"spec":{"ingress":null,"egress":null}}`), repaired},
		"it selects other Pods":    {patch(`{"spec":{"podSelector":{"matchLabels":{"app":"x"}}}}`), repaired},
		"its label was taken away": { // Then the cache does not have it, and the API server says that it is there.
			patch(`{"metadata":{"labels":null}}`), suite.Counts{"POST networkpolicies": 1, "PATCH networkpolicies": 1},
		},
		"the template has rules": {spec(func(s *extensionsv1.SandboxTemplateSpec) { s.NetworkPolicy = new(ownRules()) }), repaired},
		"the template is Unmanaged": {
			spec(func(s *extensionsv1.SandboxTemplateSpec) {
				s.NetworkPolicyManagement = extensionsv1.NetworkPolicyUnmanaged
			}),
			suite.Counts{"DELETE networkpolicies": 1},
		},
		"it was deleted": {func(t *testing.T, n *suite.Namespace, policy client.Object) {
			t.Helper()
			n.Delete(t, n.Admin, policy)
		}, suite.Counts{"POST networkpolicies": 1}},
		"somebody put a note on it": {patch(`{"metadata":{"annotations":{"note":"y"}}}`), suite.Counts{}},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
			n.Step(t, template)
			tc.change(t, n, suite.Get[networkingv1.NetworkPolicy](t, n, "python-network-policy"))
			n.Settle(t)
			before := suite.Writes(t)
			n.Step(t, template)
			before.Expect(t, suite.Writes, tc.want)
			expectPolicy(t, n, template, nil)
			expectEvents(t, n)
			expectQuiet(t, n, template)
		})
	}
}

// A policy of that name that is not the template's is reported and never touched. When it is gone, the template gets its own.
func TestAPolicyThatIsNotOurs(t *testing.T) {
	n := suite.New(t)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	theirs := suite.Create(t, n, n.Admin, &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "python-network-policy"}})
	problem := `NetworkPolicy "python-network-policy" is controlled by nobody, not by this template, and is left as it is: ` +
		`the Pods of this template are not under the rules of the template until that policy is deleted or renamed. ` +
		`The template takes it over if it has no owner, has the label agents.x-k8s.io/sandbox-template-ref-hash=` + rules.Hash("python") + `, and selects Pods by that label alone`

	if result := n.Step(t, template); result.RequeueAfter != time.Minute { // Without an error, which a log would repeat: only a person can mend it.
		t.Errorf("it is looked at again after %s", result.RequeueAfter)
	}
	expectEvents(t, n, "Warning NetworkPolicyFailed "+problem)
	if diff := cmp.Diff(theirs, suite.Get[networkingv1.NetworkPolicy](t, n, theirs.Name)); diff != "" {
		t.Errorf("the policy was touched (-before +after):\n%s", diff)
	}
	if got := suite.Get[extensionsv1.SandboxTemplate](t, n, "python").Labels[sandboxv1.LabelTemplateRefHash]; got != rules.Hash("python") {
		t.Errorf("the template's label is %q all the same", got)
	}

	n.Delete(t, n.Admin, theirs)
	n.Step(t, template)
	expectPolicy(t, n, template, nil)
	expectQuiet(t, n, template)
}

// Such a policy is not deleted either when the template wants none.
func TestAPolicyThatIsNotOursBesideAnUnmanagedTemplate(t *testing.T) {
	n := suite.New(t)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj())
	theirs := suite.Create(t, n, n.Admin, &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: "python-network-policy"}})
	n.Step(t, template)
	expectQuiet(t, n, template)
	if diff := cmp.Diff(theirs, suite.Get[networkingv1.NetworkPolicy](t, n, theirs.Name)); diff != "" {
		t.Errorf("the policy was touched (-before +after):\n%s", diff)
	}
}

// agent-sandbox's policies have no label, so they are not in the cache. They belong to the template nevertheless.
func TestAPolicyWithoutALabel(t *testing.T) {
	for name, management := range map[string]extensionsv1.NetworkPolicyManagement{
		"Managed": extensionsv1.NetworkPolicyManaged, "Unmanaged": extensionsv1.NetworkPolicyUnmanaged,
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").NetworkPolicyManagement(management).Obj())
			suite.Create(t, n, n.Admin, &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{
				Name: "python-network-policy", OwnerReferences: []metav1.OwnerReference{*rules.TemplateOwner(template)},
			}})
			n.Step(t, template)
			expectPolicy(t, n, template, nil)
			expectQuiet(t, n, template)
		})
	}
}

func TestATemplateThatIsBeingDeleted(t *testing.T) {
	n := suite.New(t)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	if err := n.Editor.Delete(t.Context(), template, client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
		t.Fatal(err)
	}
	expectQuiet(t, n, template)
}
