package policy

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// resources returns a rule for operations on resources of a group in the version that is served.
func resources(group string, operations []admissionv1.OperationType, names ...string) admissionv1.NamedRuleWithOperations {
	version := "v1"
	switch group {
	case sandboxv1.GroupName:
		version = sandboxv1.GroupVersion.Version
	case extensionsv1.GroupName:
		version = extensionsv1.GroupVersion.Version
	}
	return admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: operations,
		Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{version}, Resources: names},
	}}
}

// written are the operations that leave an object behind.
func written() []admissionv1.OperationType {
	return []admissionv1.OperationType{admissionv1.Create, admissionv1.Update}
}
