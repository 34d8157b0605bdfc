package policy

import (
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Namesake returns the policy by which the API server itself gives a Sandbox's new Pod its name and the label with the Sandbox's UID, and
// its binding. The other labels are hashes, which expressions cannot make: a webhook adds them, or else the controller.
// Kubernetes has such policies since 1.36.
func Namesake() (*admissionv1.MutatingAdmissionPolicy, *admissionv1.MutatingAdmissionPolicyBinding) {
	const sandbox = "object.metadata.ownerReferences.filter(r, r.?controller.orValue(false) && " + isSandbox + ")"
	uid, hash := quote(sandboxv1.LabelSandboxUID), quote(sandboxv1.LabelSandboxNameHash)
	nameless := "object.metadata.?name.orValue('') == ''"
	unlabelled := "!(" + uid + " in object.metadata.?labels.orValue({})) && object.metadata.?labels[?" + hash + "].orValue('') != " +
		quote(sandboxv1.SharedNameHash)
	policy := &admissionv1.MutatingAdmissionPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "MutatingAdmissionPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: "pods" + Suffix},
		Spec: admissionv1.MutatingAdmissionPolicySpec{
			FailurePolicy:      new(admissionv1.Fail),
			ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
			MatchConstraints: &admissionv1.MatchResources{ResourceRules: []admissionv1.NamedRuleWithOperations{
				resources("", []admissionv1.OperationType{admissionv1.Create}, "pods"),
			}},
			MatchConditions: slices.Concat(ofASandbox(), []admissionv1.MatchCondition{{
				Name: "not-stamped", Expression: nameless + " || " + unlabelled,
			}}),
			Mutations: []admissionv1.Mutation{
				patch(nameless + " ? [JSONPatch{op: 'add', path: '/metadata/name', value: " + sandbox + "[0].name}] : []"),
				patch(unlabelled + " ? [has(object.metadata.labels) ? " +
					"JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey(" + uid + "), value: " + sandbox + "[0].uid} : " +
					"JSONPatch{op: 'add', path: '/metadata/labels', value: {" + uid + ": " + sandbox + "[0].uid}}] : []"),
			},
		},
	}
	return policy, &admissionv1.MutatingAdmissionPolicyBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionv1.SchemeGroupVersion.String(), Kind: "MutatingAdmissionPolicyBinding"},
		ObjectMeta: metav1.ObjectMeta{Name: policy.Name},
		Spec:       admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: policy.Name},
	}
}

// ofASandbox returns the condition that a Sandbox controls the object.
func ofASandbox() []admissionv1.MatchCondition {
	return []admissionv1.MatchCondition{{
		Name:       "sandbox-pod",
		Expression: "object.metadata.?ownerReferences.orValue([]).exists(r, r.?controller.orValue(false) && " + isSandbox + ")",
	}}
}

// patch returns a mutation by the JSON patch that an expression gives.
func patch(expression string) admissionv1.Mutation {
	return admissionv1.Mutation{PatchType: admissionv1.PatchTypeJSONPatch, JSONPatch: &admissionv1.JSONPatch{Expression: expression}}
}
