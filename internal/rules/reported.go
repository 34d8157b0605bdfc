package rules

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// isPending reports whether condition is the default that the API server itself shows as long as nobody has written a status. kstatus
// needs it: it takes an object that says nothing for one that is as it should be.
func isPending(condition metav1.Condition) bool {
	return condition.Type == sandboxv1.ConditionReady && condition.Status == metav1.ConditionUnknown &&
		condition.Reason == sandboxv1.ReasonPending
}

// IsReported reports whether a controller has written any of conditions, which are those of a Sandbox, a claim or a pool.
func IsReported(conditions []metav1.Condition) bool {
	return slices.ContainsFunc(conditions, func(c metav1.Condition) bool { return !isPending(c) })
}

// saysOf reports whether conditions say of this generation of an object that it is not Ready, for that reason.
func saysOf(generation int64, conditions []metav1.Condition, reason string) bool {
	ready := readyOf(conditions)
	return ready != nil && ready.Status == metav1.ConditionFalse && ready.Reason == reason && ready.ObservedGeneration == generation
}

// readyOf returns the Ready condition among conditions that a controller has written, or nil if there is none.
func readyOf(conditions []metav1.Condition) *metav1.Condition {
	if ready := meta.FindStatusCondition(conditions, sandboxv1.ConditionReady); ready != nil && !isPending(*ready) {
		return ready
	}
	return nil
}
