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

// PolicyPlan is what to do about the NetworkPolicy of a template. No more than one field is set; none where all is well.
type PolicyPlan struct {
	// Create is the policy to create.
	Create *networkingv1.NetworkPolicy
	// Update is the policy that exists, as it should be.
	Update *networkingv1.NetworkPolicy
	// Delete is the policy that exists, and should not.
	Delete *networkingv1.NetworkPolicy
	// Blocked says who has the name of the policy. It is not ours, so nothing is done about it.
	Blocked string
}

// PlanNetworkPolicy compares existing, the NetworkPolicy that has the name of template's, or nil, with want, which is what
// NetworkPolicy returns. Only what template controls is changed or deleted, or what an earlier template of its name has left
// behind; of that, labels and owners that others put on it stay.
func PlanNetworkPolicy(template *extensionsv1.SandboxTemplate, existing, want *networkingv1.NetworkPolicy) PolicyPlan {
	if existing == nil {
		return PolicyPlan{Create: want}
	}
	ours := ControlledBy(existing, template) || ofEarlierTemplate(existing, template) || OrphanedPolicyTemplate(existing) == template.Name
	switch {
	case !ours && want == nil:
		return PolicyPlan{}
	case !ours:
		return PolicyPlan{Blocked: fmt.Sprintf("NetworkPolicy %q is controlled by %s, not by this template, and is left as it is: the Pods of this template "+
			"are not under the rules of the template until that policy is deleted or renamed", existing.Name, describeOwner(ControllerOf(existing)))}
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

// policyOwners returns the owners that existing should have: those of want, and those that others gave it. An earlier template is
// none any more.
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

// ofEarlierTemplate says whether obj is controlled by a template that had the name of this one before.
func ofEarlierTemplate(obj metav1.Object, template *extensionsv1.SandboxTemplate) bool {
	ref := ControllerOf(obj)
	return IsTemplate(ref) && ref.Name == template.Name && ref.UID != template.UID
}

// OrphanedPolicyTemplate returns the name of the template whose NetworkPolicy policy is, if that is there no more: the garbage collector has
// taken the reference to it away, and left that to the namespace. It is "" for every other policy.
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

func isNamespace(ref metav1.OwnerReference) bool {
	return ref.APIVersion == "v1" && ref.Kind == "Namespace"
}
