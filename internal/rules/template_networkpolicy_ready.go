package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// policyWait is the error of a Sandbox whose Pod has to wait for the NetworkPolicy of its template. An event ends the
// wait, so nobody has to try again.
type policyWait struct{ message string }

func (e *policyWait) Error() string { return e.message }

// IsPolicyWait reports whether err is, or contains, an error of CheckNetworkPolicyReady.
func IsPolicyWait(err error) bool {
	var e *policyWait
	return errors.As(err, &e)
}

// IsWaitingForPolicy reports whether the status of sandbox says that its Pod waits for a NetworkPolicy.
func IsWaitingForPolicy(sandbox *sandboxv1.Sandbox) bool {
	ready := readyOf(sandbox.Status.Conditions)
	return ready != nil && ready.Reason == sandboxv1.ReasonNetworkPolicyNotReady
}

// SaysPolicyWait reports whether the status of sandbox says already what why says, an error of CheckNetworkPolicyReady.
func SaysPolicyWait(sandbox *sandboxv1.Sandbox, why error) bool {
	ready := readyOf(sandbox.Status.Conditions)
	return why != nil && ready != nil && strings.Contains(ready.Message, why.Error())
}

// PolicyKey is all of a Sandbox that CheckNetworkPolicyReady looks at, so that it need not look at each of many Sandboxes.
type PolicyKey struct{ hash, template, management string }

// PolicyKeyOf returns the PolicyKey of sandbox.
func PolicyKeyOf(sandbox *sandboxv1.Sandbox) PolicyKey {
	return PolicyKey{
		hash:       sandbox.Labels[sandboxv1.LabelTemplateRefHash],
		template:   sandbox.Annotations[sandboxv1.AnnotationTemplateRef],
		management: sandbox.Annotations[sandboxv1.AnnotationNetworkPolicyManagement],
	}
}

// TemplateOf returns the template that sandbox came from, or nil if it is gone. templates are those in the Sandbox's
// namespace whose names have the hash in the Sandbox's label. A Sandbox without the annotation came from the earliest of
// them, because a later one of that hash is refused.
func TemplateOf(sandbox *sandboxv1.Sandbox, templates []extensionsv1.SandboxTemplate) *extensionsv1.SandboxTemplate {
	name := sandbox.Annotations[sandboxv1.AnnotationTemplateRef]
	var found *extensionsv1.SandboxTemplate
	for i := range templates {
		switch {
		case name == templates[i].Name:
			return &templates[i]
		case name == "" && (found == nil || older(&templates[i], found)):
			found = &templates[i]
		}
	}
	return found
}

// NetworkPolicyNameOf returns the name of the NetworkPolicy for the Pod of sandbox. template is what TemplateOf returns.
// It returns "" if neither a template nor the annotation tells the name.
func NetworkPolicyNameOf(sandbox *sandboxv1.Sandbox, template *extensionsv1.SandboxTemplate) string {
	name := sandbox.Annotations[sandboxv1.AnnotationTemplateRef]
	if template != nil {
		name = template.Name
	}
	if name == "" {
		return ""
	}
	return name + extensionsv1.NetworkPolicySuffix
}

// CheckNetworkPolicyReady returns why the Pod of sandbox may not be created yet, or nil if it may. A Pod of a template
// whose NetworkPolicy Namesake manages is never created before that policy is as it should be. templates are those for
// TemplateOf. policy is the NetworkPolicy of the name that NetworkPolicyNameOf returns, or nil.
//
//   - A Sandbox that came from no template needs no policy. Nor does one whose template is Unmanaged. One that a pool or a claim controls
//     came from a template, whatever its labels say.
//   - While the template exists, the policy must be the template's own and say what the template says now.
//   - When the template is gone, the policy that it left behind will do, since nobody knows any more what it should say.
//   - When the policy is gone as well, the Pod is not created, unless the template was Unmanaged when the Sandbox was
//     created. The Pod would otherwise be open, because nobody creates the policy again.
func CheckNetworkPolicyReady(
	sandbox *sandboxv1.Sandbox, templates []extensionsv1.SandboxTemplate, policy *networkingv1.NetworkPolicy, network Network,
) error {
	switch hash := sandbox.Labels[sandboxv1.LabelTemplateRefHash]; {
	case hash == "" && templateHashOf(sandbox) != "":
		return &policyWait{fmt.Sprintf("the Pod would not be under the NetworkPolicy of SandboxTemplate %q: this Sandbox has no label %s yet",
			sandbox.Annotations[sandboxv1.AnnotationTemplateRef], sandboxv1.LabelTemplateRefHash)}
	case hash == "" && isFromTemplate(sandbox):
		return &policyWait{"no Pod is created: " + lostTemplateMessage(sandbox)}
	case hash == "":
		return nil
	}
	template := TemplateOf(sandbox, templates)
	if template == nil {
		return checkOrphanedPolicy(sandbox, policy)
	}
	return NetworkPolicyProblem(template, templates, policy, network)
}

// NetworkPolicyProblem returns why policy is not what template needs before its Pods may run, or nil if it is, or if
// template needs none. policy is the NetworkPolicy of the name of template's, or nil if the cache has none with the label. others are
// the templates that EarlierCollision takes. Labels and owners that others added do not count.
func NetworkPolicyProblem(
	template *extensionsv1.SandboxTemplate, others []extensionsv1.SandboxTemplate, policy *networkingv1.NetworkPolicy, network Network,
) error {
	if !isManaged(template) {
		return nil
	}
	const lasts = "If this lasts, the events of the SandboxTemplate say why: a quota or a policy may refuse it, or another object has its name"
	wait := func(format string, args ...any) error {
		return &policyWait{fmt.Sprintf("no Pod is created before NetworkPolicy %q of SandboxTemplate %q is as it should be: ",
			NetworkPolicyName(template), template.Name) + fmt.Sprintf(format, args...)}
	}
	switch {
	case policy == nil:
		return wait("it does not exist, or has no label %s. %s", sandboxv1.LabelTemplateRefHash, lasts)
	case policy.DeletionTimestamp != nil:
		return wait("it is being deleted. The controller creates it again")
	case !ControlledBy(policy, template) && !leftBehindFor(policy, template):
		return wait("the one of that name is controlled by %s. Delete or rename that one, or set networkPolicyManagement: Unmanaged",
			describeOwner(ControllerOf(policy)))
	case !ControlledBy(policy, template),
		!equality.Semantic.DeepEqual(policy.Spec, policySpec(template, EarlierCollision(template, others), network)):
		return wait("it does not say yet what the SandboxTemplate says. %s", lasts)
	}
	return nil
}

// leftBehindFor reports whether an earlier template of template's name left policy behind, or a restored backup did, so that template
// takes it over.
func leftBehindFor(policy *networkingv1.NetworkPolicy, template *extensionsv1.SandboxTemplate) bool {
	return ofEarlierTemplate(policy, template) || OrphanedPolicyTemplate(policy) == template.Name || isForsaken(policy, template)
}

// checkOrphanedPolicy is CheckNetworkPolicyReady for a Sandbox whose template is gone. The policy must select the
// Sandbox's Pod, and its namespace must own it, so that it stays.
func checkOrphanedPolicy(sandbox *sandboxv1.Sandbox, policy *networkingv1.NetworkPolicy) error {
	selector := metav1.LabelSelector{MatchLabels: map[string]string{
		sandboxv1.LabelTemplateRefHash: sandbox.Labels[sandboxv1.LabelTemplateRefHash],
	}}
	switch {
	case sandbox.Annotations[sandboxv1.AnnotationNetworkPolicyManagement] == string(extensionsv1.NetworkPolicyUnmanaged):
		return nil
	case policy != nil && policy.DeletionTimestamp == nil && equality.Semantic.DeepEqual(policy.Spec.PodSelector, selector) &&
		slices.ContainsFunc(policy.OwnerReferences, isNamespace):
		return nil
	}
	name := cmp.Or(sandbox.Annotations[sandboxv1.AnnotationTemplateRef], "unknown")
	return &policyWait{fmt.Sprintf("SandboxTemplate %q is gone, and so is its NetworkPolicy %q, without which the Pod would be open: "+
		"create the SandboxTemplate again, or delete this Sandbox", name, name+extensionsv1.NetworkPolicySuffix)}
}
