package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// PolicyPlan is what to do about the NetworkPolicy of a template. At most one field is set. None is set if the policy
// is as it should be.
type PolicyPlan struct {
	// Create is the policy to create.
	Create *networkingv1.NetworkPolicy
	// Update is the existing policy as it should be.
	Update *networkingv1.NetworkPolicy
	// Delete is the existing policy that should not exist.
	Delete *networkingv1.NetworkPolicy
	// Blocked says who has the name of the policy. That policy is not Namesake's, so it stays as it is.
	Blocked string
}

// PlanNetworkPolicy compares existing with want. existing is the NetworkPolicy with the name of template's, or nil.
// want is what NetworkPolicy returns. PlanNetworkPolicy changes or deletes only a policy that template controls, or one
// that an earlier template of its name left behind. In such a policy, labels and owners that others added stay. It also takes over
// one that isForsaken, as it is after a backup was restored, and does not delete it.
func PlanNetworkPolicy(template *extensionsv1.SandboxTemplate, existing, want *networkingv1.NetworkPolicy) PolicyPlan {
	if existing == nil {
		return PolicyPlan{Create: want}
	}
	ours := ControlledBy(existing, template) || ofEarlierTemplate(existing, template) || OrphanedPolicyTemplate(existing) == template.Name
	switch {
	case !ours && want == nil:
		return PolicyPlan{}
	case !ours && !isForsaken(existing, template):
		return PolicyPlan{Blocked: fmt.Sprintf("NetworkPolicy %q is controlled by %s, not by this template, and is left as it is: the Pods of this template "+
			"are not under the rules of the template until that policy is deleted or renamed%s", existing.Name, describeOwner(ControllerOf(existing)),
			otherwise(existing, template))}
	case want == nil:
		return PolicyPlan{Delete: existing}
	}
	repaired := existing.DeepCopy()
	repaired.Spec, repaired.OwnerReferences = want.Spec, policyOwners(existing, want)
	if repaired.Labels == nil {
		repaired.Labels = map[string]string{}
	}
	maps.Copy(repaired.Labels, want.Labels)
	if equality.Semantic.DeepEqual(existing, repaired) {
		return PolicyPlan{}
	}
	return PolicyPlan{Update: repaired}
}

// policyOwners returns the owners that existing should have: those of want, and those that others gave it. An earlier
// template is no longer an owner.
func policyOwners(existing, want *networkingv1.NetworkPolicy) []metav1.OwnerReference {
	controller := metav1.GetControllerOf(want)
	owners := slices.DeleteFunc(slices.Clone(MigratedOwners(existing)), func(ref metav1.OwnerReference) bool {
		return ref.Controller != nil && *ref.Controller && ref.UID != controller.UID
	})
	for _, ref := range want.OwnerReferences {
		if !slices.ContainsFunc(owners, func(other metav1.OwnerReference) bool { return other.UID == ref.UID }) {
			owners = append(owners, ref)
		}
	}
	return owners
}

// ofEarlierTemplate reports whether obj is controlled by an earlier template with the name of this one.
func ofEarlierTemplate(obj metav1.Object, template *extensionsv1.SandboxTemplate) bool {
	ref := ControllerOf(obj)
	return IsTemplate(ref) && ref.Name == template.Name && ref.UID != template.UID
}

// isForsaken reports whether policy, which has the name of template's, is template's own except that it has no owner at all. A backup
// that is restored leaves owners out. Such a policy has the template's label, and selects the template's Pods and no others: whoever
// made it, the template would have another one in its place.
func isForsaken(policy *networkingv1.NetworkPolicy, template *extensionsv1.SandboxTemplate) bool {
	return len(policy.OwnerReferences) == 0 && policy.Labels[sandboxv1.LabelTemplateRefHash] == Hash(template.Name) &&
		equality.Semantic.DeepEqual(policy.Spec.PodSelector, podsOf(template))
}

// otherwise returns, for a message about policy, how policy could become template's, or "" if somebody controls it.
func otherwise(policy *networkingv1.NetworkPolicy, template *extensionsv1.SandboxTemplate) string {
	if ControllerOf(policy) != nil {
		return ""
	}
	label := sandboxv1.LabelTemplateRefHash + "=" + Hash(template.Name)
	return fmt.Sprintf(". The template takes it over if it has no owner, has the label %s, and selects Pods by that label alone", label)
}

// OrphanedPolicyTemplate returns the name of the template that policy belonged to, if that template is gone. The
// garbage collector has then removed the reference to the template and left the one to the namespace.
// OrphanedPolicyTemplate returns "" for every other policy.
func OrphanedPolicyTemplate(policy *networkingv1.NetworkPolicy) string {
	name, ok := strings.CutSuffix(policy.Name, extensionsv1.NetworkPolicySuffix)
	if !ok || policy.Labels[sandboxv1.LabelTemplateRefHash] != Hash(name) || ControllerOf(policy) != nil ||
		!slices.ContainsFunc(policy.OwnerReferences, isNamespace) {
		return ""
	}
	return name
}

func namespaceOwner(namespace *corev1.Namespace) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: "v1", Kind: "Namespace", Name: namespace.Name, UID: namespace.UID}
}

// NamespaceOf returns the namespace of policy, as far as the policy's owner references tell: its name and UID. It returns
// nil if they do not, or if policy is nil. An object never outlives its namespace, so the UID is that of the namespace
// that exists.
func NamespaceOf(policy *networkingv1.NetworkPolicy) *corev1.Namespace {
	if policy == nil {
		return nil
	}
	i := slices.IndexFunc(policy.OwnerReferences, isNamespace)
	if i < 0 || policy.OwnerReferences[i].Name != policy.Namespace {
		return nil
	}
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: policy.Namespace, UID: policy.OwnerReferences[i].UID}}
}

func isNamespace(ref metav1.OwnerReference) bool {
	return ref.APIVersion == "v1" && ref.Kind == "Namespace"
}
