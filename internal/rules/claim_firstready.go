package rules

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// firstReadyGrace is for how long the manager that wrote the status in which a claim first was Ready may take to note the
// moment. After that nobody knows it any more: the manager has ended.
const firstReadyGrace = 10 * time.Second

// TurnedReady says whether the change from before to after is the first time that a claim shows itself Ready, as far as is
// noted on it.
func TurnedReady(before, after *extensionsv1.SandboxClaim) bool {
	return before.Annotations[sandboxv1.AnnotationClaimFirstReadyAt] == "" && !claimIsReady(before) && claimIsReady(after)
}

// FirstReadyStamp returns what to write into the AnnotationClaimFirstReadyAt of claim, or "" for nothing. shown is when this
// manager wrote the status in which the claim was first Ready, zero if it did not. Where another manager may still know,
// wait is how long to leave it to that one.
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
