package rules

import (
	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Step is what a claim needs next.
type Step string

const (
	// StepBind: the claim is not bound, or its binding is lost. Choose a Sandbox and write the binding.
	StepBind Step = "Bind"
	// StepAdopt: the binding names a Sandbox that its pool still controls. Adopt it.
	StepAdopt Step = "Adopt"
	// StepCreate: the binding is cold and its Sandbox does not exist. Create it.
	StepCreate Step = "Create"
	// StepServe: the claim controls its Sandbox. Report it.
	StepServe Step = "Serve"
	// StepMissing: the claim has a Sandbox on record that it no longer controls. Report that and do nothing else.
	StepMissing Step = "Missing"
	// StepBlocked: the binding is cold, and a Sandbox that is not the claim's has its name. Report that and wait.
	StepBlocked Step = "Blocked"
)

// NextStep decides what claim needs next. sandbox is the Sandbox that its binding names. It is nil if that Sandbox does
// not exist or if there is no binding.
func NextStep(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) Step {
	binding, recorded := Binding(claim), claim.Status.Sandbox.Name
	switch {
	case binding == "" || (recorded != "" && recorded != binding): // For a claim older than the binding annotation, the status counts.
		return StepBind
	case sandbox != nil && ControlledBy(sandbox, claim):
		return StepServe
	case recorded != "":
		return StepMissing
	case IsColdName(claim, binding) && sandbox == nil:
		return StepCreate
	case IsColdName(claim, binding):
		return StepBlocked
	case IsBindingLost(claim, sandbox):
		return StepBind
	default:
		return StepAdopt
	}
}

// IsSafeOnCache reports whether step may be taken if claim and its bound Sandbox come from a cache, which may be stale.
// The write itself guards a first binding and an adoption. A Sandbox that a claim controls stays its own. Every other
// step rests on an absence or a loss, and is safe only if both objects were read live.
func IsSafeOnCache(claim *extensionsv1.SandboxClaim, step Step) bool {
	switch step {
	case StepServe, StepAdopt:
		return true
	case StepBind:
		return Binding(claim) == ""
	default:
		return false
	}
}
