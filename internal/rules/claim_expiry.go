package rules

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ClaimExpiresAt returns when claim expires. That is its shutdownTime, or ttlSecondsAfterFinished after its Sandbox
// finished, whichever comes first. The time at which the Sandbox finished comes from the claim's own status, which
// keeps it after the Sandbox is gone. ClaimExpiresAt returns false for a claim that does not expire, as far as is known
// yet.
func ClaimExpiresAt(claim *extensionsv1.SandboxClaim) (time.Time, bool) {
	lifecycle := claim.Spec.Lifecycle
	if lifecycle == nil {
		return time.Time{}, false
	}
	var moments []time.Time
	if lifecycle.ShutdownTime != nil {
		moments = append(moments, lifecycle.ShutdownTime.Time)
	}
	finished := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionFinished)
	if lifecycle.TTLSecondsAfterFinished != nil && finished != nil && finished.Status == metav1.ConditionTrue {
		moments = append(moments, finished.LastTransitionTime.Add(time.Duration(*lifecycle.TTLSecondsAfterFinished)*time.Second))
	}
	if len(moments) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(moments, time.Time.Compare), true
}

// IsClaimExpired reports whether claim has expired. An expired claim is not bound and adopts nothing. What its status says of this
// generation counts before the clock: a manager whose clock is behind that of the one which ended the claim would give it another
// Sandbox. Only a change of its spec, such as a later shutdownTime, makes it a question of time again.
func IsClaimExpired(claim *extensionsv1.SandboxClaim, now time.Time) bool {
	at, expires := ClaimExpiresAt(claim)
	return expires && (!now.Before(at) || saysOf(claim.Generation, claim.Status.Conditions, extensionsv1.ReasonClaimExpired))
}

// ClaimExpiresIn returns how long to wait until claim has expired. It returns one millisecond if the claim has expired
// already. It returns 0 for a claim that does not expire, as far as is known yet.
func ClaimExpiresIn(claim *extensionsv1.SandboxClaim, now time.Time) time.Duration {
	if at, expires := ClaimExpiresAt(claim); expires {
		return max(at.Sub(now), time.Millisecond)
	}
	return 0
}

// ShutdownPolicy returns what happens to claim when it expires. The default is Retain.
func ShutdownPolicy(claim *extensionsv1.SandboxClaim) extensionsv1.ShutdownPolicy {
	if claim.Spec.Lifecycle == nil || claim.Spec.Lifecycle.ShutdownPolicy == "" {
		return extensionsv1.ShutdownPolicyRetain
	}
	return claim.Spec.Lifecycle.ShutdownPolicy
}

// ExpiredStatus returns the status of an expired claim, computed from scratch. sandbox is the Sandbox that its binding
// names, or nil. The Finished condition stays on record, because the claim may have expired by it. Under Retain, the
// Sandbox itself is released and does not stay on record. If the claim later gets more time, it gets a Sandbox again,
// as a new claim does. Its binding stays, because the claim can have no other Sandbox before that one is gone.
func ExpiredStatus(claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox, now time.Time) extensionsv1.SandboxClaimStatus {
	problem := ClaimExpiredError(claim, sandbox)
	if sandbox != nil && !ControlledBy(sandbox, claim) {
		sandbox = nil
	}
	status := ClaimStatus(claim, sandbox, problem, now)
	if finished := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionFinished); finished != nil {
		status.Conditions = slices.DeleteFunc(status.Conditions, func(c metav1.Condition) bool { return c.Type == finished.Type })
		status.Conditions = append(status.Conditions, *finished)
		sortConditions(status.Conditions)
	}
	if ShutdownPolicy(claim) == extensionsv1.ShutdownPolicyRetain {
		status.Sandbox = extensionsv1.ClaimedSandbox{}
	}
	return status
}

// IsReportedExpired reports whether claim's status says that the claim has expired.
func IsReportedExpired(claim *extensionsv1.SandboxClaim) bool {
	return isReportedExpired(claim.Status.Conditions)
}

func isReportedExpired(conditions []metav1.Condition) bool {
	ready := readyOf(conditions)
	return ready != nil && ready.Reason == extensionsv1.ReasonClaimExpired
}

// mayReleaseSandbox reports whether the status of claim, which named sandbox, may name no Sandbox any more. The claim
// must be able to expire, its status must report that it has, and its shutdown policy must be Retain. It must also keep
// the binding to that Sandbox.
func mayReleaseSandbox(claim *extensionsv1.SandboxClaim, sandbox string) bool {
	_, expires := ClaimExpiresAt(claim)
	return expires && IsReportedExpired(claim) && ShutdownPolicy(claim) == extensionsv1.ShutdownPolicyRetain && Binding(claim) == sandbox
}
