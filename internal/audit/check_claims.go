package audit

import (
	"fmt"
	"slices"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// unboundSandbox looks for Sandboxes that are adopted without a binding to them. agent-sandbox writes none before it creates a Sandbox
// of the claim's own name.
func (v *view) unboundSandbox() {
	for _, sandbox := range v.Sandboxes {
		owner := rules.ControllerOf(sandbox)
		if !rules.IsClaim(owner) || !exists(sandbox) {
			continue
		}
		claim := v.claims[owner.UID]
		if claim == nil || !exists(claim) || isBoundTo(claim, sandbox.Name) {
			continue
		}
		to := "none"
		if names := boundTo(claim); len(names) > 0 {
			to = fmt.Sprintf("%q", names[0])
		}
		v.report(CheckUnboundSandbox, sandbox, []Object{ObjectOf(claim)},
			fmt.Sprintf("Sandbox %q is controlled by SandboxClaim %q, which is bound to %s", sandbox.Name, claim.Name, to),
			"Save what the Sandbox holds, and delete it: "+deleteCommand(ObjectOf(sandbox)))
	}
}

// boundTo returns the names by which claim has a Sandbox: its binding, its status, and its label from before there was a binding.
func boundTo(claim *extensionsv1.SandboxClaim) []string {
	names := []string{rules.Binding(claim), claim.Status.Sandbox.Name, claim.Labels[sandboxv1.LabelBinding]}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

func isBoundTo(claim *extensionsv1.SandboxClaim, sandbox string) bool {
	names := boundTo(claim)
	return slices.Contains(names, sandbox) || len(names) == 0 && sandbox == claim.Name
}

// bindingMismatch compares the binding of each claim with its status.
func (v *view) bindingMismatch() {
	for _, claim := range v.Claims {
		binding, record := rules.Binding(claim), claim.Status.Sandbox.Name
		if binding == "" || record == "" || binding == record || !exists(claim) {
			continue
		}
		v.report(CheckBindingMismatch, claim, nil,
			fmt.Sprintf("SandboxClaim %q is bound to Sandbox %q, and its status names %q", claim.Name, binding, record),
			fmt.Sprintf("Find out who wrote the annotation %s or the status, and create the claim anew", sandboxv1.AnnotationBinding))
	}
}

// bindingLost looks for claims that wait for a Sandbox which they can never get. One that has expired keeps its binding, and one whose
// Sandbox has the claim's own name may be about to create it.
func (v *view) bindingLost() {
	for _, claim := range v.Claims {
		binding := rules.Binding(claim)
		if binding == "" || claim.Status.Sandbox.Name != "" || !exists(claim) || rules.IsReportedExpired(claim) {
			continue
		}
		sandbox, cold := v.sandboxNamed[binding], rules.IsColdName(claim, binding)
		var why string
		switch {
		case sandbox != nil && rules.ControlledBy(sandbox, claim):
			continue
		case sandbox == nil && cold:
			continue
		case sandbox == nil:
			why = "does not exist"
		case !cold && !rules.IsBindingLost(claim, sandbox):
			continue
		case !exists(sandbox):
			why = "is being deleted"
		default:
			why = "is controlled by " + describe(rules.ControllerOf(sandbox))
		}
		v.report(CheckBindingLost, claim, []Object{{Kind: sandboxv1.KindSandbox, Namespace: claim.Namespace, Name: binding}},
			fmt.Sprintf("SandboxClaim %q is bound to Sandbox %q, which %s, and is not bound again", claim.Name, binding, why),
			fmt.Sprintf("See the claim's conditions (kubectl -n %s describe sandboxclaim %s) and whether a manager leads; else create the claim anew",
				claim.Namespace, claim.Name))
	}
}

// recordLost looks for claims whose Sandbox is gone, or somebody else's.
func (v *view) recordLost() {
	for _, claim := range v.Claims {
		record := claim.Status.Sandbox
		if record.Name == "" || !exists(claim) || rules.IsReportedExpired(claim) {
			continue
		}
		sandbox := v.sandboxNamed[record.Name]
		var why string
		switch {
		case sandbox == nil:
			why = "which does not exist"
		case rules.ControlledBy(sandbox, claim):
			continue
		case record.UID != "" && record.UID != sandbox.UID:
			why = "which is gone: the one of that name is a later one"
		default:
			why = "which is controlled by " + describe(rules.ControllerOf(sandbox))
		}
		v.report(CheckRecordLost, claim, []Object{{Kind: sandboxv1.KindSandbox, Namespace: claim.Namespace, Name: record.Name}},
			fmt.Sprintf("SandboxClaim %q has had Sandbox %q, %s", claim.Name, record.Name, why),
			"Nothing is replaced silently. Delete the claim, and create another: "+deleteCommand(ObjectOf(claim)))
	}
}
