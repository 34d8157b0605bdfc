package rules

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Problem is why a claim has no Sandbox to show: a reason of its Ready condition, and a message for people.
type ConditionError struct {
	Reason, Message string
	// Cause is the error behind it, where trying again may help although nothing that is watched changes.
	Cause error
}

// Error makes a Problem an error.
func (p *ConditionError) Error() string { return p.Message }

// TemplateNotFoundError is the Problem of a claim whose SandboxTemplate does not exist.
func TemplateNotFoundError(name string) *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonTemplateNotFound, Message: fmt.Sprintf("SandboxTemplate %q not found", name)}
}

// WarmPoolNotFoundError is the Problem of a claim whose SandboxWarmPool does not exist.
func WarmPoolNotFoundError(name string) *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonWarmPoolNotFound, Message: fmt.Sprintf("SandboxWarmPool %q not found", name)}
}

// SandboxMissingError is the Problem of a claim that had a Sandbox, which no longer exists.
func SandboxMissingError() *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonSandboxMissing, Message: "Sandbox does not exist"}
}

// NameTakenError is the Problem of claim, whose Sandbox cannot be created, since another has its name.
func NameTakenError(claim *extensionsv1.SandboxClaim) *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonReconcilerError, Message: fmt.Sprintf(
		"Error seen: sandbox %q is not controlled by claim %q. Please use a different claim name or delete the sandbox manually",
		Binding(claim), claim.Name)}
}

// AdoptionConflictError is the Problem of a claim that lost every Sandbox which it was bound to in one pass, or whose Sandbox changes
// each time before it is adopted. cause makes the queue try again.
func AdoptionConflictError(cause error) *ConditionError {
	return &ConditionError{
		Reason: extensionsv1.ReasonAdoptionConflict, Cause: cause,
		Message: fmt.Sprintf("%v; the next pass retries from a converged view", cause),
	}
}

// Refused is the Problem of a claim for which the API server refused a write.
func RefusedError(err error) *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonReconcilerError, Message: fmt.Sprintf("Error seen: %v", err), Cause: err}
}

// ClaimExpiredError is the Problem of a claim whose time is up. sandbox is the one that its binding names, or nil: one that is in
// the way of the claim's own name is not the claim's to delete.
func ClaimExpiredError(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) *ConditionError {
	problem := &ConditionError{Reason: extensionsv1.ReasonClaimExpired, Message: "Claim expired. Sandbox cleanup initiated."}
	if sandbox != nil && IsColdName(claim, sandbox.Name) && !ControlledBy(sandbox, claim) {
		problem.Message = fmt.Sprintf("Claim expired. Sandbox %q is not controlled by claim %q; deletion skipped.", sandbox.Name, claim.Name)
	}
	return problem
}

// PoolRefusedError returns what to say of a pool when the API server answered err to the creation of the Sandbox of that name:
// nil unless that is a refusal. The random end of the name is left out, or the message would
// differ at each try.
func PoolRefusedError(sandbox string, err error) *ConditionError {
	if !IsRefusal(err) {
		return nil
	}
	message := strings.ReplaceAll(err.Error(), sandbox, sandbox[:len(sandbox)-SuffixLength]+"*")
	return &ConditionError{Reason: extensionsv1.ReasonSandboxRefused, Message: "Creating a Sandbox failed: " + message, Cause: err}
}

// rejected is the Problem of a claim that asks for what it cannot have. It goes away when the claim or its template changes,
// and so has no cause to be tried again for.
func rejected(reason string, errs field.ErrorList) *ConditionError {
	return &ConditionError{Reason: reason, Message: errs.ToAggregate().Error()}
}
