package rules

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// firstReadyGrace is how long a manager may take to record on a claim when the claim was first Ready. Only the manager
// that wrote that status knows the time. After firstReadyGrace, that manager has ended and the time is unknown.
const firstReadyGrace = 10 * time.Second

// TurnedReady reports whether the change from before to after shows the claim as Ready for the first time, as far as
// its annotation records.
func TurnedReady(before, after *extensionsv1.SandboxClaim) bool {
	return before.Annotations[sandboxv1.AnnotationClaimFirstReadyAt] == "" && !claimIsReady(before) && claimIsReady(after)
}

// FirstReadyStamp returns the value to write into the AnnotationClaimFirstReadyAt of claim, or "" for nothing. shown is
// when this manager wrote the status in which the claim was first Ready, or zero if it did not. wait is how long to
// leave the stamp to another manager that may still know the time.
func FirstReadyStamp(claim *extensionsv1.SandboxClaim, shown, now time.Time) (stamp string, wait time.Duration) {
	ready := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionReady)
	switch {
	case claim.Annotations[sandboxv1.AnnotationClaimFirstReadyAt] != "":
		return "", 0
	case !shown.IsZero():
		return shown.UTC().Format(time.RFC3339Nano), 0
	case ready == nil || ready.Status != metav1.ConditionTrue:
		return "", 0
	}
	if wait := ready.LastTransitionTime.Add(firstReadyGrace).Sub(now); wait > 0 {
		return "", wait
	}
	return sandboxv1.FirstReadyUnknown, 0
}

func claimIsReady(claim *extensionsv1.SandboxClaim) bool {
	return meta.IsStatusConditionTrue(claim.Status.Conditions, extensionsv1.ConditionReady)
}
