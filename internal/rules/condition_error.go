package rules

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ConditionError is a problem that a condition of a claim or a pool reports: a reason, and a message for people.
type ConditionError struct {
	Reason, Message string
	// Cause is the underlying error, if a retry may help although no watched object changes.
	Cause error
}

// errorSeen begins the message of a Ready condition whose reason is ReconcilerError.
const errorSeen = "Error seen: "

// Error returns the message, so that a ConditionError is an error.
func (p *ConditionError) Error() string { return p.Message }

// TemplateNotFoundError returns the ConditionError for a SandboxTemplate that does not exist.
func TemplateNotFoundError(name string) *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonTemplateNotFound, Message: fmt.Sprintf("SandboxTemplate %q not found", name)}
}

// WarmPoolNotFoundError returns the ConditionError of a claim whose SandboxWarmPool does not exist.
func WarmPoolNotFoundError(name string) *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonWarmPoolNotFound, Message: fmt.Sprintf("SandboxWarmPool %q not found", name)}
}

// SandboxMissingError returns the ConditionError of a claim that had a Sandbox that no longer exists.
func SandboxMissingError() *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonSandboxMissing, Message: "Sandbox does not exist"}
}

// NameTakenError returns the ConditionError of claim if its Sandbox cannot be created because another has its name.
func NameTakenError(claim *extensionsv1.SandboxClaim) *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonReconcilerError, Message: fmt.Sprintf(
		"Error seen: sandbox %q is not controlled by claim %q. Please use a different claim name or delete the sandbox manually",
		Binding(claim), claim.Name)}
}

// AdoptionConflictError returns the ConditionError of a claim that could not adopt a Sandbox in one reconcile. It lost
// every Sandbox that it was bound to, or its Sandbox changed each time before it was adopted. cause makes the queue
// retry.
func AdoptionConflictError(cause error) *ConditionError {
	return &ConditionError{
		Reason: extensionsv1.ReasonAdoptionConflict, Cause: cause,
		Message: fmt.Sprintf("%v; the next pass retries from a converged view", cause),
	}
}

// BindingRemovedError returns the ConditionError of a claim that was stored without its binding to the Sandbox of that name. Its cause is
// like a refusal by the API server.
func BindingRemovedError(claim *extensionsv1.SandboxClaim, sandbox string) *ConditionError {
	why := fmt.Errorf("the annotation %s, which binds it to Sandbox %q, was removed or changed by something in the cluster, "+
		"such as a webhook or a policy for claims", sandboxv1.AnnotationBinding, sandbox)
	return RefusedError(&bindingRemovedError{
		apierrors.NewForbidden(extensionsv1.Resource(extensionsv1.ResourceSandboxClaims), claim.Name, why),
	})
}

// IsBindingRemoved reports whether err is a BindingRemovedError.
func IsBindingRemoved(err error) bool {
	var problem *ConditionError
	var removed *bindingRemovedError
	return errors.As(err, &problem) && errors.As(problem.Cause, &removed)
}

type bindingRemovedError struct{ *apierrors.StatusError }

// RefusedError returns the ConditionError of a claim for which the API server refused a write.
func RefusedError(err error) *ConditionError {
	return &ConditionError{Reason: extensionsv1.ReasonReconcilerError, Message: fmt.Sprintf("Error seen: %v", err), Cause: err}
}

// ClaimExpiredError returns the ConditionError of an expired claim. sandbox is the Sandbox that its binding names, or
// nil. A Sandbox that has the claim's cold name but is not the claim's is not deleted, and the message says so.
func ClaimExpiredError(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) *ConditionError {
	problem := &ConditionError{Reason: extensionsv1.ReasonClaimExpired, Message: "Claim expired. Sandbox cleanup initiated."}
	if sandbox != nil && IsColdName(claim, sandbox.Name) && !ControlledBy(sandbox, claim) {
		problem.Message = fmt.Sprintf("Claim expired. Sandbox %q is not controlled by claim %q; deletion skipped.", sandbox.Name, claim.Name)
	}
	return problem
}

// PoolRefusedError returns the ConditionError of a pool if err, the API server's answer to the creation of sandbox, is
// a refusal. Otherwise it returns nil. sandbox is a name. The message leaves out its random end, because otherwise the
// message would differ at each attempt.
func PoolRefusedError(sandbox string, err error) *ConditionError {
	if !IsRefusal(err) {
		return nil
	}
	message := strings.ReplaceAll(err.Error(), sandbox, sandbox[:len(sandbox)-SuffixLength]+"*")
	return &ConditionError{Reason: extensionsv1.ReasonSandboxRefused, Message: "Creating a Sandbox failed: " + message, Cause: err}
}

// rejected returns the ConditionError of a claim that asks for what it cannot have. It has no cause to retry for,
// because only a change of the claim or its template resolves it.
func rejected(reason string, errs field.ErrorList) *ConditionError {
	return &ConditionError{Reason: reason, Message: describe(errs)}
}
