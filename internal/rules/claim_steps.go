package rules

import (
	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Step is what a claim needs next.
type Step string

const (
	// StepBind: the claim is not bound, or its binding is lost; choose a Sandbox and write the binding.
	StepBind Step = "Bind"
	// StepAdopt: the binding names a Sandbox that is still its pool's; adopt it.
	StepAdopt Step = "Adopt"
	// StepCreate: the binding is cold and its Sandbox is not there; create it.
	StepCreate Step = "Create"
	// StepServe: the claim controls its Sandbox; report it.
	StepServe Step = "Serve"
	// StepMissing: the claim has a Sandbox on record that it no longer controls; report that, and do nothing.
	StepMissing Step = "Missing"
	// StepBlocked: the binding is cold, and a Sandbox that is not the claim's has its name; report that and wait.
	StepBlocked Step = "Blocked"
)

// NextStep decides what claim needs next. sandbox is the one that its binding names, nil where that does not exist or
// there is no binding.
func NextStep(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) Step {
	binding, recorded := Binding(claim), claim.Status.Sandbox.Name
	switch {
	case binding == "" || (recorded != "" && recorded != binding): // Of a claim from before, the status counts.
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

// IsSafeOnCache says whether step may be taken although claim, and the Sandbox that it is bound to, come from a cache that
// may be behind. A first binding and an adoption are guarded by the write itself, and what a claim controls stays its
// own; every other step rests on an absence or a loss, and counts only with both objects read live.
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
