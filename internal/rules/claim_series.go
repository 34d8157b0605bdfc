package rules

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// ReasonPending is the reason that claims are counted under while they have no Ready condition yet.
const ReasonPending = "Pending"

// ClaimSeries is what claims are counted by.
type ClaimSeries struct {
	Namespace string
	Ready     bool
	// Reason is that of the Ready condition, or ReasonPending.
	Reason string
}

// ClaimSeriesOf returns the series that claim is counted in.
func ClaimSeriesOf(claim *extensionsv1.SandboxClaim) ClaimSeries {
	series := ClaimSeries{Namespace: claim.Namespace, Reason: ReasonPending}
	if ready := meta.FindStatusCondition(claim.Status.Conditions, extensionsv1.ConditionReady); ready != nil {
		series.Ready, series.Reason = ready.Status == metav1.ConditionTrue, ready.Reason
	}
	return series
}
