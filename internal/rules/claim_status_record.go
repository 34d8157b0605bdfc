package rules

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// CheckClaimStatus checks the change of a claim's status. The name of the Sandbox is written once, because it records
// that the claim was bound. Only the controller writes it, and removes it from an expired claim that releases its Sandbox. old is
// nil on create.
func CheckClaimStatus(old, obj *extensionsv1.SandboxClaim, actor Actor) field.ErrorList {
	if old == nil {
		old = &extensionsv1.SandboxClaim{}
	}
	before, after := old.Status.Sandbox.Name, obj.Status.Sandbox.Name
	path := field.NewPath("status", "sandbox", "name")
	switch {
	case before == after:
		return nil
	case after == "" && actor == Controller && mayReleaseSandbox(obj, before):
		return nil
	case before != "":
		return field.ErrorList{field.Invalid(path, after, WordsOnRecord.With(before, before))}
	case actor != Controller: // A status from a backup, say: the record would stand for a Sandbox that is not there, for ever.
		return field.ErrorList{field.Invalid(path, after, string(WordsNoRecord))}
	case after != Binding(obj):
		return field.ErrorList{field.Invalid(path, after, WordsOtherRecord.With(Binding(obj)))}
	}
	return nil
}
