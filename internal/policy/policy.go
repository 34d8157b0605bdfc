package policy

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ControllerUser stands in the expressions for the manager's user: that of the manager in config, for which the chart puts its own.
const ControllerUser = "system:serviceaccount:namesake-system:namesake"

// Suffix ends the names of the policies.
const Suffix = ".namesake.agents.x-k8s.io"

// Policy is what the API server checks about one kind of object. The checks of a kind are in one policy and not in one for each rule,
// since the API server promises no order of policies: of several reasons to refuse, the first of the list is the one that it says.
type Policy struct {
	// Name is that of the policy and its binding, without Suffix.
	Name string
	// Resources are what it is asked about.
	Resources []admissionv1.NamedRuleWithOperations
	// Conditions keep it away from all other objects of these resources.
	Conditions []admissionv1.MatchCondition
	// Variables have names for parts of the expressions.
	Variables []admissionv1.Variable
	// Checks are what has to be true.
	Checks []Check
}

// Check is an expression that has to be true.
type Check struct {
	// Rule is the ID of the rule that it is a part of, see rules.Rules.
	Rule string
	// Holds is the expression.
	Holds string
	// Field is what is wrong where it is false, and Words are what is said then.
	Field, Words text
	// Who says that the request is refused for who sends it (403), and not for what it says (422).
	Who bool
}

// All returns the policies that are always there.
func All() []Policy { return []Policy{pods(), bindings(), sandboxes(), claims(), pools(), templates()} }

// Alone returns those that are there where no webhooks are. Mutating webhooks write, on what a user sends, what only the controller may
// write otherwise: where they are, a policy cannot tell the two apart.
func Alone() []Policy { return []Policy{podsAlone(), claimsAlone()} }

// Manifest returns the policy and the binding that puts it into force in every namespace.
func (p Policy) Manifest() (*admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding) {
	policy := &admissionv1.ValidatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: p.Name + Suffix},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			FailurePolicy:    new(admissionv1.Fail),
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: p.Resources},
			MatchConditions:  p.Conditions,
			Variables:        p.Variables,
		},
	}
	for _, check := range p.Checks {
		policy.Spec.Validations = append(policy.Spec.Validations, check.validation())
	}
	binding := &admissionv1.ValidatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicyBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: policy.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		},
	}
	return policy, binding
}

// validation returns the check as the API server takes it. Its message names the rule, and stands in where the words would be longer
// than the API server takes (5 KiB), or have a line break.
func (c Check) validation() admissionv1.Validation {
	reason := metav1.StatusReasonInvalid
	if c.Who {
		reason = metav1.StatusReasonForbidden
	}
	return admissionv1.Validation{
		Expression:        c.Holds,
		Message:           c.Rule + ": " + meaning(c.Rule),
		MessageExpression: join(text{quote(c.Rule + ": ")}, c.Field, text{quote(": ")}, c.Words).String(),
		Reason:            &reason,
	}
}
