package rules

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ClaimSeries is what claims are counted by.
type ClaimSeries struct {
	Namespace string
	Ready     bool
	// Reason is that of the Ready condition, or sandboxv1.ReasonPending while nobody has written one.
	Reason string
}

// ClaimSeriesOf returns the series that claim is counted in.
func ClaimSeriesOf(claim *extensionsv1.SandboxClaim) ClaimSeries {
	series := ClaimSeries{Namespace: claim.Namespace, Reason: sandboxv1.ReasonPending}
	if ready := readyOf(claim.Status.Conditions); ready != nil {
		series.Ready, series.Reason = ready.Status == metav1.ConditionTrue, ready.Reason
	}
	return series
}
