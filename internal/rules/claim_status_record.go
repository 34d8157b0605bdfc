package rules

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// CheckClaimStatus checks the change of a claim's status: the name of its Sandbox is written once, since it is what
// says that the claim was bound. Only the controller takes it away, from a claim that expired and gives its Sandbox up.
func CheckClaimStatus(old, obj *extensionsv1.SandboxClaim, actor Actor) field.ErrorList {
	before, after := old.Status.Sandbox.Name, obj.Status.Sandbox.Name
	path := field.NewPath("status", "sandbox", "name")
	switch {
	case before == after:
		return nil
	case after == "" && actor == Controller && mayReleaseSandbox(obj, before):
		return nil
	case before != "":
		return field.ErrorList{field.Invalid(path, after, fmt.Sprintf("this claim has had Sandbox %q, which stays on record: keep %q", before, before))}
	case after != Binding(obj):
		return field.ErrorList{field.Invalid(path, after, fmt.Sprintf("this claim is bound to %q: a claim's status names the Sandbox that it is bound to", Binding(obj)))}
	}
	return nil
}
