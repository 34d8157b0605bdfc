package rules

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// TurnedReady reports whether the change from before to after shows the claim as Ready for the first time, as far as
// its annotation records.
func TurnedReady(before, after *extensionsv1.SandboxClaim) bool {
	return before.Annotations[sandboxv1.AnnotationClaimFirstReadyAt] == "" && !claimIsReady(before) && claimIsReady(after)
}

// FirstReadyStamp returns the value to write into the AnnotationClaimFirstReadyAt of claim before its status becomes wanted,
// or "" for nothing. While a claim is Ready for the first time, its status tells since when. The annotation takes that over
// when the claim stops being Ready: it then tells, too, that the claim's startup was measured. A claim that expires and is
// deleted needs none.
func FirstReadyStamp(claim *extensionsv1.SandboxClaim, wanted extensionsv1.SandboxClaimStatus) string {
	if claim.Annotations[sandboxv1.AnnotationClaimFirstReadyAt] != "" || !claimIsReady(claim) ||
		meta.IsStatusConditionTrue(wanted.Conditions, extensionsv1.ConditionReady) {
		return ""
	}
	if isReportedExpired(wanted.Conditions) && ShutdownPolicy(claim) != extensionsv1.ShutdownPolicyRetain {
		return ""
	}
	ready := readyOf(claim.Status.Conditions)
	return ready.LastTransitionTime.UTC().Format(time.RFC3339Nano)
}

func claimIsReady(claim *extensionsv1.SandboxClaim) bool {
	return meta.IsStatusConditionTrue(claim.Status.Conditions, extensionsv1.ConditionReady)
}
