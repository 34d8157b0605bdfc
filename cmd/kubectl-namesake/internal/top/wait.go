package top

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Waits tells how long claims took from their creation until they were Ready, in milliseconds. From claims, it is exact to a second,
// and includes those that still wait; from metrics, to a bucket.
type Waits struct {
	Count  int64 `json:"count"`
	Median int64 `json:"medianMilliseconds"`
	P99    int64 `json:"p99Milliseconds"`
}

// waitOf returns how long claim waited until it was first Ready, or has waited, and whether it still waits. A claim that ended without
// it waits no more, and has no wait. The time of a condition has whole seconds, so a claim may seem to be Ready before its start.
func waitOf(claim *extensionsv1.SandboxClaim, now time.Time) (wait *time.Duration, waiting bool) {
	began := claim.CreationTimestamp.Time
	ready := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionReady)
	first, err := time.Parse(time.RFC3339Nano, claim.Annotations[sandboxv1.AnnotationClaimFirstReadyAt])
	switch {
	case err == nil:
	case ready != nil && ready.Status == metav1.ConditionTrue:
		first = ready.LastTransitionTime.Time
	case claim.DeletionTimestamp != nil, ready != nil && ready.Reason == extensionsv1.ReasonClaimExpired,
		meta.IsStatusConditionTrue(claim.Status.Conditions, extensionsv1.ConditionFinished):
		return nil, false
	default:
		first, waiting = now, true
	}
	took := max(first.Sub(began), 0)
	return &took, waiting
}

// summarize returns the median and the 99th percentile of waits, by the nearest rank.
func summarize(waits []time.Duration) *Waits {
	slices.Sort(waits)
	rank := func(percent int) int64 { return waits[(len(waits)*percent+99)/100-1].Milliseconds() }
	return &Waits{Count: int64(len(waits)), Median: rank(50), P99: rank(99)}
}
