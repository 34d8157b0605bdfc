package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestPlanNetworkPolicy(t *testing.T) {
	const refHash = "agents.x-k8s.io/sandbox-template-ref-hash"
	managed := builder.MakeTemplate("tpl").Namespace("ns").Obj()
	unmanaged := builder.MakeTemplate("tpl").Namespace("ns").NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj()
	is := func(changes ...func(*networkingv1.NetworkPolicy)) *networkingv1.NetworkPolicy {
		policy := rules.NetworkPolicy(managed, nil, rules.DefaultRouter())
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
	earlier := owned(*rules.TemplateOwner(builder.MakeTemplate("tpl").UID("earlier").Obj()))
	another := owned(*rules.TemplateOwner(builder.MakeTemplate("another").Obj()))
	notController := *rules.TemplateOwner(managed)
	notController.Controller = nil
	blocked := func(by string) rules.PolicyPlan {
		return rules.PolicyPlan{Blocked: `NetworkPolicy "tpl-network-policy" is controlled by ` + by + `, not by this template, and is left as it is: ` +
			`the Pods of this template are not under the rules of the template until that policy is deleted or renamed`}
	}
	for name, tc := range map[string]struct {
		template *extensionsv1.SandboxTemplate
		existing *networkingv1.NetworkPolicy
		want     rules.PolicyPlan
	}{
		"none yet":        {managed, nil, rules.PolicyPlan{Create: rules.NetworkPolicy(managed, nil, rules.DefaultRouter())}},
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
		"with another owner that does not control it": {managed, is(owned(*rules.TemplateOwner(managed), metav1.OwnerReference{Kind: "ConfigMap", Name: "x"})), rules.PolicyPlan{}},
		"an earlier template's":                       {managed, is(earlier), rules.PolicyPlan{Wait: true}},
		"another template's":                          {managed, is(another), blocked(`SandboxTemplate "another"`)},
		"nobody's":                                    {managed, is(owned()), blocked("nobody")},
		"ours, and not controlled":                    {managed, is(owned(notController)), blocked("nobody")},
		"ours, named in a version from before":        {managed, is(owned(oldReference(*rules.TemplateOwner(managed)))), rules.PolicyPlan{Update: is()}},
		"Unmanaged, and none":                         {unmanaged, nil, rules.PolicyPlan{}},
		"Unmanaged, and ours":                         {unmanaged, is(noted), rules.PolicyPlan{Delete: is(noted)}},
		"Unmanaged, and an earlier template's":        {unmanaged, is(earlier), rules.PolicyPlan{}},
		"Unmanaged, and another's":                    {unmanaged, is(another), rules.PolicyPlan{}},
		"Unmanaged, and nobody's":                     {unmanaged, is(owned()), rules.PolicyPlan{}},
	} {
		t.Run(name, func(t *testing.T) {
			before := tc.existing.DeepCopy()
			got := rules.PlanNetworkPolicy(tc.template, tc.existing, rules.NetworkPolicy(tc.template, nil, rules.DefaultRouter()))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, tc.existing); diff != "" {
				t.Errorf("what exists was changed (-want +got):\n%s", diff)
			}
		})
	}
}
