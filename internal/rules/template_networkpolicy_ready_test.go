package rules_test

import (
	"errors"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// stored returns the NetworkPolicy of template as its reconciler leaves it, with changes.
func stored(template *extensionsv1.SandboxTemplate, changes ...func(*networkingv1.NetworkPolicy)) *networkingv1.NetworkPolicy {
	policy := rules.NetworkPolicy(template, nil, ns, rules.DefaultNetwork())
	policy.UID = "policy-uid"
	for _, change := range changes {
		change(policy)
	}
	return policy
}

// A Pod of a Managed template waits until the template's policy is as it should be. Nothing else waits.
func TestCheckNetworkPolicyReady(t *testing.T) {
	const refHash = "agents.x-k8s.io/sandbox-template-ref-hash"
	tpl := func() *builder.TemplateWrapper { return builder.MakeTemplate("tpl").Namespace("ns") }
	managed, before := tpl().Obj(), tpl().UID("earlier").Obj()
	unmanaged := tpl().NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj()
	ruled := tpl().NetworkPolicy(extensionsv1.NetworkPolicySpec{Egress: []networkingv1.NetworkPolicyEgressRule{{}}}).Obj()
	first, second := builder.CollidingNames()
	elder, younger := builder.MakeTemplate(first).Namespace("ns").Obj(), builder.MakeTemplate(second).Namespace("ns").Obj()
	elder.CreationTimestamp = metav1.NewTime(builder.Epoch)
	younger.CreationTimestamp = metav1.NewTime(builder.Epoch.Add(1))

	pool := builder.MakePool("p").Namespace("ns").Template("tpl").Obj()
	member := func() *builder.SandboxWrapper { return builder.MakeSandbox("p-aaaaa").Pool(pool) }
	cold := builder.MakeSandbox("c").ClaimedBy(builder.MakeClaim("c").Namespace("ns").Template("tpl").Obj()).Obj()
	bareOf := func(sandbox *sandboxv1.Sandbox) *sandboxv1.Sandbox {
		stripped := sandbox.DeepCopy()
		stripped.Labels, stripped.Annotations = nil, nil
		return stripped
	}
	orphan := member().OwnerReferences().Obj()
	colliding := member().Annotation("agents.x-k8s.io/sandbox-template-ref", second).Label(refHash, rules.Hash(second)).Obj()
	left := func(p *networkingv1.NetworkPolicy) { p.OwnerReferences = p.OwnerReferences[1:] }
	owners := func(refs ...metav1.OwnerReference) func(*networkingv1.NetworkPolicy) {
		return func(p *networkingv1.NetworkPolicy) { p.OwnerReferences = refs }
	}
	allowed := ""
	const missing, different, deleting = "it does not exist", "it does not say yet what the SandboxTemplate says", "it is being deleted"
	const gone = `SandboxTemplate "tpl" is gone, and so is its NetworkPolicy "tpl-network-policy"`
	list := func(templates ...*extensionsv1.SandboxTemplate) []extensionsv1.SandboxTemplate {
		var all []extensionsv1.SandboxTemplate
		for _, template := range templates {
			all = append(all, *template)
		}
		return all
	}
	for name, tc := range map[string]struct {
		sandbox   *sandboxv1.Sandbox
		templates []extensionsv1.SandboxTemplate
		policy    *networkingv1.NetworkPolicy
		want      string
	}{
		"a bare Sandbox":                          {builder.MakeSandbox("a").Obj(), nil, nil, allowed},
		"a bare Sandbox beside a template":        {builder.MakeSandbox("tpl").Namespace("ns").Obj(), list(managed), nil, allowed},
		"as it should be":                         {member().Obj(), list(managed), stored(managed), allowed},
		"as it should be, for a cold one":         {cold, list(managed), stored(managed), allowed},
		"as it should be, for an orphan":          {orphan, list(managed), stored(managed), allowed},
		"with rules of its own":                   {member().Obj(), list(ruled), stored(ruled), allowed},
		"with more labels":                        {member().Obj(), list(managed), stored(managed, func(p *networkingv1.NetworkPolicy) { p.Labels["team"] = "x" }), allowed},
		"without a namespace yet":                 {member().Obj(), list(managed), stored(managed, owners(*rules.TemplateOwner(managed))), allowed},
		"none":                                    {member().Obj(), list(managed), nil, missing},
		"none, for a cold one":                    {cold, list(managed), nil, missing},
		"none, for an orphan":                     {orphan, list(managed), nil, missing},
		"none, and rules":                         {member().Obj(), list(ruled), nil, missing},
		"none, and no annotation":                 {member().WithoutAnnotation("agents.x-k8s.io/sandbox-template-ref").Obj(), list(managed), nil, missing},
		"of the rules before":                     {member().Obj(), list(ruled), stored(managed), different},
		"without rules any more":                  {member().Obj(), list(managed), stored(ruled), different},
		"for another router":                      {member().Obj(), list(managed), rules.NetworkPolicy(managed, nil, ns, rules.Network{Router: rules.Router{Namespace: "edge"}}), different},
		"for other Pods":                          {member().Obj(), list(managed), stored(managed, func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector.MatchLabels[refHash] = "x" }), different},
		"for one direction":                       {member().Obj(), list(managed), stored(managed, func(p *networkingv1.NetworkPolicy) { p.Spec.PolicyTypes = p.Spec.PolicyTypes[:1] }), different},
		"an earlier template's":                   {member().Obj(), list(managed), stored(before), different},
		"left behind by an earlier template":      {member().Obj(), list(managed), stored(managed, left), different},
		"terminating":                             {member().Obj(), list(managed), stored(managed, func(p *networkingv1.NetworkPolicy) { p.DeletionTimestamp = &metav1.Time{} }), deleting},
		"nobody's, without our label":             {member().Obj(), list(managed), stored(managed, owners(), func(p *networkingv1.NetworkPolicy) { p.Labels = nil }), "controlled by nobody. Delete or rename"},
		"nobody's, for all Pods":                  {member().Obj(), list(managed), stored(managed, owners(), func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector = metav1.LabelSelector{} }), "controlled by nobody. Delete or rename"},
		"restored without owners":                 {member().Obj(), list(managed), stored(managed, owners()), different},
		"gone, and the policy has no owner":       {member().Obj(), nil, stored(managed, owners()), gone},
		"somebody's":                              {member().Obj(), list(managed), stored(managed, owners(*rules.TemplateOwner(elder))), `controlled by SandboxTemplate "` + first + `"`},
		"Unmanaged":                               {member().Obj(), list(unmanaged), nil, allowed},
		"Unmanaged, with somebody's":              {member().Obj(), list(unmanaged), stored(managed, owners()), allowed},
		"gone, and the policy stays":              {member().Obj(), nil, stored(managed, left), allowed},
		"gone, before the garbage collector":      {member().Obj(), nil, stored(managed), allowed},
		"gone, and of rules that nobody knows":    {orphan, nil, stored(ruled, left), allowed},
		"gone, with its policy":                   {member().Obj(), nil, nil, gone},
		"gone, with its policy, for a cold one":   {cold, nil, nil, gone},
		"gone, and its policy goes":               {member().Obj(), nil, stored(managed, func(p *networkingv1.NetworkPolicy) { p.DeletionTimestamp = &metav1.Time{} }), gone},
		"gone, and its policy will go":            {member().Obj(), nil, stored(managed, owners(*rules.TemplateOwner(managed))), gone},
		"gone, and the policy is for other Pods":  {member().Obj(), nil, stored(managed, left, func(p *networkingv1.NetworkPolicy) { p.Spec.PodSelector = metav1.LabelSelector{} }), gone},
		"gone, and was Unmanaged":                 {member().Annotation("agents.x-k8s.io/network-policy-management", "Unmanaged").Obj(), nil, nil, allowed},
		"was Unmanaged, and is not any more":      {member().Annotation("agents.x-k8s.io/network-policy-management", "Unmanaged").Obj(), list(managed), nil, missing},
		"colliding, with no rules":                {colliding, list(elder, younger), rules.NetworkPolicy(younger, elder, ns, rules.DefaultNetwork()), allowed},
		"colliding, with rules from before":       {colliding, list(elder, younger), stored(younger), different},
		"colliding, and only the elder's":         {colliding, list(elder, younger), nil, missing},
		"colliding, and gone":                     {colliding, list(elder), stored(younger, left), allowed},
		"the label is missing":                    {member().WithoutLabel(refHash).Obj(), list(managed), stored(managed), "has no label " + refHash},
		"label and annotation are missing":        {member().WithoutLabel(refHash).WithoutAnnotation("agents.x-k8s.io/sandbox-template-ref").Obj(), list(managed), stored(managed), `in SandboxWarmPool "p", and has neither`},
		"both are missing, of a cold one":         {bareOf(cold), list(managed), stored(managed), `that of SandboxClaim "c", and has neither`},
		"the label is missing, of a lost Sandbox": {member().OwnerReferences().WithoutLabel(refHash).Obj(), list(managed), nil, allowed},
	} {
		t.Run(name, func(t *testing.T) {
			err := rules.CheckNetworkPolicyReady(tc.sandbox, tc.templates, tc.policy, rules.DefaultNetwork())
			if (err == nil) != (tc.want == allowed) || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if rules.IsPolicyWait(err) != (err != nil) {
				t.Errorf("%v is no wait for a policy", err)
			}
		})
	}
}

// What the Sandbox's status says decides who is woken.
func TestSaysPolicyWait(t *testing.T) {
	missing := rules.NetworkPolicyProblem(builder.MakeTemplate("tpl").Obj(), nil, nil, rules.DefaultNetwork())
	other := rules.NetworkPolicyProblem(builder.MakeTemplate("other").Obj(), nil, nil, rules.DefaultNetwork())
	sandbox := builder.MakeSandbox("a").Obj()
	sandbox.Status = rules.SandboxStatus(sandbox, rules.Observed{Err: errors.Join(missing, errors.New("refused")), PodUnknown: true}, builder.Epoch)
	if !rules.IsWaitingForPolicy(sandbox) {
		t.Errorf("it does not say that it waits: %v", sandbox.Status.Conditions)
	}
	for name, tc := range map[string]struct {
		why  error
		want bool
	}{"the same": {missing, true}, "another policy": {other, false}, "none any more": {nil, false}} {
		if got := rules.SaysPolicyWait(sandbox, tc.why); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if rules.IsWaitingForPolicy(builder.MakeSandbox("a").Ready().Obj()) {
		t.Error("a Ready Sandbox waits")
	}
}

// The namespace of a policy is known from its owners, and from nothing else.
func TestNamespaceOf(t *testing.T) {
	template := builder.MakeTemplate("tpl").Namespace(ns.Name).Obj()
	for name, tc := range map[string]struct {
		policy *networkingv1.NetworkPolicy
		want   bool
	}{
		"its namespace owns it": {stored(template), true},
		"only its template":     {stored(template, func(p *networkingv1.NetworkPolicy) { p.OwnerReferences = p.OwnerReferences[:1] }), false},
		"another namespace": {stored(template, func(p *networkingv1.NetworkPolicy) {
			p.OwnerReferences[1].Name = "another"
		}), false},
		"none": {nil, false},
	} {
		got := rules.NamespaceOf(tc.policy)
		if (got != nil) != tc.want || got != nil && (got.Name != ns.Name || got.UID != ns.UID) {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
