package rules

import (
	"fmt"
	"maps"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// PolicyPlan is what to do about the NetworkPolicy of a template. No more than one field is set; none where all is well.
type PolicyPlan struct {
	// Create is the policy to create.
	Create *networkingv1.NetworkPolicy
	// Update is the policy that exists, as it should be.
	Update *networkingv1.NetworkPolicy
	// Delete is the policy that exists, and should not.
	Delete *networkingv1.NetworkPolicy
	// Wait: the policy of an earlier template of this name is still there. The garbage collector deletes it.
	Wait bool
	// Blocked says who has the name of the policy. It is not ours, so nothing is done about it.
	Blocked string
}

// PlanNetworkPolicy compares existing, the NetworkPolicy that has the name of template's, or nil, with want, which is what
// NetworkPolicy returns. Only what template controls is changed or deleted; of that, labels that others put on it stay.
func PlanNetworkPolicy(template *extensionsv1.SandboxTemplate, existing, want *networkingv1.NetworkPolicy) PolicyPlan {
	switch {
	case existing == nil:
		return PolicyPlan{Create: want}
	case !ControlledBy(existing, template) && want == nil:
		return PolicyPlan{}
	case !ControlledBy(existing, template) && ofEarlier(existing, template):
		return PolicyPlan{Wait: true}
	case !ControlledBy(existing, template):
		return PolicyPlan{Blocked: fmt.Sprintf("NetworkPolicy %q is controlled by %s, not by this template, and is left as it is: the Pods of this template "+
			"are not under the rules of the template until that policy is deleted or renamed", existing.Name, describeOwner(ControllerOf(existing)))}
	case want == nil:
		return PolicyPlan{Delete: existing}
	}
	repaired := existing.DeepCopy()
	repaired.Spec, repaired.OwnerReferences = want.Spec, RenewedOwners(existing)
	if repaired.Labels == nil {
		repaired.Labels = map[string]string{}
	}
	maps.Copy(repaired.Labels, want.Labels)
	if equality.Semantic.DeepEqual(existing, repaired) {
		return PolicyPlan{}
	}
	return PolicyPlan{Update: repaired}
}

// ofEarlier says whether obj is controlled by a template that had the name of this one before.
func ofEarlier(obj metav1.Object, template *extensionsv1.SandboxTemplate) bool {
	ref := ControllerOf(obj)
	return IsTemplate(ref) && ref.Name == template.Name && ref.UID != template.UID
}
