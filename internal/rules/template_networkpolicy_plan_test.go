package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestPlanNetworkPolicy(t *testing.T) {
	const refHash = "agents.x-k8s.io/sandbox-template-ref-hash"
	managed := builder.MakeTemplate("tpl").Namespace("ns").Obj()
	unmanaged := builder.MakeTemplate("tpl").Namespace("ns").NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj()
	is := func(changes ...func(*networkingv1.NetworkPolicy)) *networkingv1.NetworkPolicy {
		policy := rules.NetworkPolicy(managed, nil, ns, rules.DefaultNetwork())
		policy.UID, policy.ResourceVersion = "policy-uid", "7"
		for _, change := range changes {
			change(policy)
		}
		return policy
	}
	owned := func(refs ...metav1.OwnerReference) func(*networkingv1.NetworkPolicy) {
		return func(policy *networkingv1.NetworkPolicy) { policy.OwnerReferences = refs }
	}
	noted := func(policy *networkingv1.NetworkPolicy) {
		policy.Labels["team"] = "x"
		policy.Annotations = map[string]string{"note": "y"}
	}
	byTemplate, byNamespace := *rules.TemplateOwner(managed), is().OwnerReferences[1]
	former := *rules.TemplateOwner(builder.MakeTemplate("tpl").UID("earlier").Obj())
	other := metav1.OwnerReference{Kind: "ConfigMap", Name: "x", UID: "x-uid"}
	another := owned(*rules.TemplateOwner(builder.MakeTemplate("another").Obj()), byNamespace)
	notController := *rules.TemplateOwner(managed)
	notController.Controller = nil
	blocked := func(by string) rules.PolicyPlan {
		message := `NetworkPolicy "tpl-network-policy" is controlled by ` + by + `, not by this template, and is left as it is: ` +
			`the Pods of this template are not under the rules of the template until that policy is deleted or renamed`
		if by == "nobody" {
			message += `. The template takes it over if it has no owner, has the label ` + refHash + `=` + rules.Hash("tpl") +
				`, and selects Pods by that label alone`
		}
		return rules.PolicyPlan{Blocked: message}
	}
	for name, tc := range map[string]struct {
		template *extensionsv1.SandboxTemplate
		existing *networkingv1.NetworkPolicy
		want     rules.PolicyPlan
	}{
		"none yet":        {managed, nil, rules.PolicyPlan{Create: rules.NetworkPolicy(managed, nil, ns, rules.DefaultNetwork())}},
		"as it should be": {managed, is(), rules.PolicyPlan{}},
		"as it should be, with more labels and annotations": {managed, is(noted), rules.PolicyPlan{}},
		"a rule more": {managed, is(noted, func(p *networkingv1.NetworkPolicy) {
			p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{})
		}), rules.PolicyPlan{Update: is(noted)}},
		"a rule less":        {managed, is(func(p *networkingv1.NetworkPolicy) { p.Spec.Ingress = nil }), rules.PolicyPlan{Update: is()}},
		"for other Pods":     {managed, is(func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector.MatchLabels[refHash] = "x" }), rules.PolicyPlan{Update: is()}},
		"for one direction":  {managed, is(func(p *networkingv1.NetworkPolicy) { p.Spec.PolicyTypes = p.Spec.PolicyTypes[:1] }), rules.PolicyPlan{Update: is()}},
		"without any label":  {managed, is(func(p *networkingv1.NetworkPolicy) { p.Labels = nil }), rules.PolicyPlan{Update: is()}},
		"with a wrong label": {managed, is(noted, func(p *networkingv1.NetworkPolicy) { p.Labels[refHash] = "x" }), rules.PolicyPlan{Update: is(noted)}},
		"an empty list is no rule": {managed, is(func(p *networkingv1.NetworkPolicy) {
			p.Spec.Ingress[0].Ports = []networkingv1.NetworkPolicyPort{}
		}), rules.PolicyPlan{}},
		"with another owner that does not control it": {managed, is(owned(byTemplate, other, byNamespace)), rules.PolicyPlan{}},
		"from before namespaces owned them":           {managed, is(owned(byTemplate)), rules.PolicyPlan{Update: is()}},
		"from before, with another owner":             {managed, is(owned(other, byTemplate)), rules.PolicyPlan{Update: is(owned(other, byTemplate, byNamespace))}},
		"an earlier template's":                       {managed, is(owned(former, other, byNamespace)), rules.PolicyPlan{Update: is(owned(other, byNamespace, byTemplate))}},
		"an earlier template's, from before":          {managed, is(owned(former)), rules.PolicyPlan{Update: is()}},
		"left behind by an earlier template":          {managed, is(noted, owned(byNamespace)), rules.PolicyPlan{Update: is(noted, owned(byNamespace, byTemplate))}},
		"another template's":                          {managed, is(another), blocked(`SandboxTemplate "another"`)},
		"restored without owners":                     {managed, is(owned()), rules.PolicyPlan{Update: is()}},
		"restored without owners, with more labels":   {managed, is(owned(), noted), rules.PolicyPlan{Update: is(noted)}},
		"restored, with the rules of before": {managed, is(owned(), func(p *networkingv1.NetworkPolicy) {
			p.Spec.Egress = nil
		}), rules.PolicyPlan{Update: is()}},
		"nobody's, without our label":   {managed, is(owned(), func(p *networkingv1.NetworkPolicy) { p.Labels = nil }), blocked("nobody")},
		"nobody's, of another template": {managed, is(owned(), func(p *networkingv1.NetworkPolicy) { p.Labels[refHash] = "x" }), blocked("nobody")},
		"nobody's, for other Pods":      {managed, is(owned(), func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector.MatchLabels[refHash] = "x" }), blocked("nobody")},
		"nobody's, for all Pods":        {managed, is(owned(), func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector = metav1.LabelSelector{} }), blocked("nobody")},
		"nobody's, for fewer Pods": {managed, is(owned(), func(p *networkingv1.NetworkPolicy) {
			p.Spec.PodSelector.MatchLabels["team"] = "x"
		}), blocked("nobody")},
		"nobody's, with another owner": {managed, is(owned(other)), blocked("nobody")},
		"the namespace's, without our label": {
			managed, is(owned(byNamespace), func(p *networkingv1.NetworkPolicy) { p.Labels = nil }), blocked("nobody"),
		},
		"ours, and not controlled":             {managed, is(owned(notController)), blocked("nobody")},
		"ours, named in a version from before": {managed, is(owned(oldReference(byTemplate))), rules.PolicyPlan{Update: is()}},
		"Unmanaged, and none":                  {unmanaged, nil, rules.PolicyPlan{}},
		"Unmanaged, and ours":                  {unmanaged, is(noted), rules.PolicyPlan{Delete: is(noted)}},
		"Unmanaged, and an earlier template's": {unmanaged, is(owned(former, byNamespace)), rules.PolicyPlan{Delete: is(owned(former, byNamespace))}},
		"Unmanaged, and left behind":           {unmanaged, is(owned(byNamespace)), rules.PolicyPlan{Delete: is(owned(byNamespace))}},
		"Unmanaged, and another's":             {unmanaged, is(another), rules.PolicyPlan{}},
		"Unmanaged, and nobody's":              {unmanaged, is(owned()), rules.PolicyPlan{}},
	} {
		t.Run(name, func(t *testing.T) {
			before := tc.existing.DeepCopy()
			got := rules.PlanNetworkPolicy(tc.template, tc.existing, rules.NetworkPolicy(tc.template, nil, ns, rules.DefaultNetwork()))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, tc.existing); diff != "" {
				t.Errorf("what exists was changed (-want +got):\n%s", diff)
			}
		})
	}
}

// A policy that the garbage collector left without its template must be told apart from every other policy.
func TestOrphanedPolicyTemplate(t *testing.T) {
	template := builder.MakeTemplate("tpl").Namespace("ns").Obj()
	for name, tc := range map[string]struct {
		change func(*networkingv1.NetworkPolicy)
		want   string
	}{
		"the reference to the template is gone": {func(p *networkingv1.NetworkPolicy) { p.OwnerReferences = p.OwnerReferences[1:] }, "tpl"},
		"it is there":                           {func(*networkingv1.NetworkPolicy) {}, ""},
		"that to the namespace is gone, too":    {func(p *networkingv1.NetworkPolicy) { p.OwnerReferences = nil }, ""},
		"something of that name owns it": {func(p *networkingv1.NetworkPolicy) {
			p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "example.com/v1", Kind: "Namespace", Name: "ns", UID: "x"}}
		}, ""},
		"it has another name": {func(p *networkingv1.NetworkPolicy) {
			p.Name, p.OwnerReferences = "tpl-policy", p.OwnerReferences[1:]
		}, ""},
		"it is labelled as another's": {func(p *networkingv1.NetworkPolicy) {
			p.Name, p.OwnerReferences = "another-network-policy", p.OwnerReferences[1:]
		}, ""},
	} {
		policy := rules.NetworkPolicy(template, nil, ns, rules.DefaultNetwork())
		tc.change(policy)
		if got := rules.OrphanedPolicyTemplate(policy); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}
