package rules

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// IsClaimRefused reports whether claim's status reports a refused write or lost races. Both are retried.
func IsClaimRefused(claim *extensionsv1.SandboxClaim) bool {
	ready := readyOf(claim.Status.Conditions)
	return ready != nil && (ready.Reason == extensionsv1.ReasonReconcilerError || ready.Reason == extensionsv1.ReasonAdoptionConflict)
}

// ClaimStatus returns the status of claim, computed from scratch. sandbox is the Sandbox that the claim controls, or
// nil. problem is why there is none, or what went wrong with it. A Sandbox that the claim once had stays on record. Its
// Finished condition stays too, because the claim may still expire by it. A Sandbox that is deleted before the status
// named it is not put on record.
func ClaimStatus(
	claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox, problem *ConditionError, now time.Time,
) extensionsv1.SandboxClaimStatus {
	status := extensionsv1.SandboxClaimStatus{ObservedGeneration: claim.Generation}
	conditions := &conditionSet{generation: claim.Generation, now: now, old: claim.Status.Conditions}
	switch {
	case problem != nil:
		conditions.set(metav1.Condition{
			Type: extensionsv1.ConditionReady, Status: metav1.ConditionFalse, Reason: problem.Reason, Message: problem.Message,
		})
	default:
		conditions.set(claimReady(sandbox))
	}
	recorded := claim.Status.Sandbox
	finished := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionFinished)
	switch {
	case sandbox == nil && recorded.Name != "":
		status.Sandbox = extensionsv1.ClaimedSandbox{Name: recorded.Name, UID: recorded.UID}
	case sandbox == nil:
		finished = nil
	default:
		if sandbox.DeletionTimestamp == nil || recorded.Name != "" {
			status.Sandbox = extensionsv1.ClaimedSandbox{
				Name: sandbox.Name, UID: sandbox.UID,
				PodIPs: slices.Clone(sandbox.Status.PodIPs), PodUID: sandbox.Status.PodUID,
			}
		}
		finished = meta.FindStatusCondition(sandbox.Status.Conditions, sandboxv1.ConditionFinished)
	}
	if finished != nil {
		conditions.list = append(conditions.list, *finished)
	}
	status.Conditions = conditions.list
	sortConditions(status.Conditions)
	return status
}

// ClaimStatusDelay returns how long to leave out the status of claim, which is new, because all that it would say of sandbox
// is that it is on its way to Ready. It is 0 for a status that says more, and for a claim that is older than quietStart.
// problem is what the status is to tell of, or nil.
func ClaimStatusDelay(
	claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox, problem *ConditionError, quietStart time.Duration, now time.Time,
) time.Duration {
	if problem != nil || sandbox == nil || sandbox.DeletionTimestamp != nil ||
		IsReported(claim.Status.Conditions) || IsReported(sandbox.Status.Conditions) {
		return 0
	}
	return left(quietStart, claim.CreationTimestamp, now)
}

// claimReady forwards the Ready condition of the claim's Sandbox, unless it is True for an earlier generation.
func claimReady(sandbox *sandboxv1.Sandbox) metav1.Condition {
	ready := readyOf(sandbox.Status.Conditions)
	switch {
	case sandbox.DeletionTimestamp != nil:
		return metav1.Condition{
			Type: extensionsv1.ConditionReady, Status: metav1.ConditionFalse,
			Reason: extensionsv1.ReasonSandboxNotReady, Message: "Sandbox is being deleted",
		}
	case ready == nil:
		return metav1.Condition{
			Type: extensionsv1.ConditionReady, Status: metav1.ConditionFalse,
			Reason: extensionsv1.ReasonSandboxNotReady, Message: "Sandbox is not ready",
		}
	case ready.Reason == sandboxv1.ReasonSandboxExpired:
		return metav1.Condition{
			Type: extensionsv1.ConditionReady, Status: metav1.ConditionFalse, Reason: extensionsv1.ReasonSandboxExpired,
			Message: "Underlying Sandbox resource has expired independently of the Claim.",
		}
	case ready.Status == metav1.ConditionTrue && ready.ObservedGeneration != sandbox.Generation:
		return metav1.Condition{
			Type: extensionsv1.ConditionReady, Status: metav1.ConditionFalse,
			Reason: extensionsv1.ReasonSandboxNotReady, Message: "Sandbox has changed and is not ready yet",
		}
	}
	return metav1.Condition{Type: extensionsv1.ConditionReady, Status: ready.Status, Reason: ready.Reason, Message: ready.Message}
}

// ClaimStatusChanged reports whether wanted differs from the status that claim has. An observedGeneration where there was none, as in
// a status of before there was that field, is not worth a write.
func ClaimStatusChanged(claim *extensionsv1.SandboxClaim, wanted extensionsv1.SandboxClaimStatus) bool {
	old := claim.Status
	old.ObservedGeneration = cmp.Or(old.ObservedGeneration, wanted.ObservedGeneration)
	return !sameStatus(old, wanted)
}
