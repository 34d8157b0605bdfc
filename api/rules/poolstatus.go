package rules

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// ReasonPoolReady and ReasonPoolNotReady are the reasons of a pool's Ready condition, besides
// extensionsv1.ReasonTemplateNotFound.
const (
	ReasonPoolReady    = "PoolReady"
	ReasonPoolNotReady = "PoolNotReady"
)

// PoolStatus returns the status of pool, computed from scratch. hasTemplate says whether its SandboxTemplate exists.
func PoolStatus(pool *extensionsv1.SandboxWarmPool, plan PoolPlan, hasTemplate bool, now time.Time) extensionsv1.SandboxWarmPoolStatus {
	ready := metav1.Condition{Type: extensionsv1.ConditionReady, Status: metav1.ConditionFalse, Reason: ReasonPoolNotReady}
	switch want := Replicas(pool); {
	case !hasTemplate:
		problem := TemplateNotFound(pool.Spec.SandboxTemplateRef.Name)
		ready.Reason, ready.Message = problem.Reason, problem.Message
	case plan.Ready >= want:
		ready.Status, ready.Reason = metav1.ConditionTrue, ReasonPoolReady
		ready.Message = fmt.Sprintf("%d of %d Sandboxes are Ready", plan.Ready, want)
	default:
		ready.Message = fmt.Sprintf("%d of %d Sandboxes are Ready", plan.Ready, want)
		if plan.Leaving > 0 {
			ready.Message += fmt.Sprintf("; %d are being deleted", plan.Leaving)
		}
	}
	conditions := &conditionSet{generation: pool.Generation, now: now, old: pool.Status.Conditions}
	conditions.set(ready)
	return extensionsv1.SandboxWarmPoolStatus{
		Replicas:           int32(plan.Replicas), //nolint:gosec // bounded by what a namespace holds
		ReadyReplicas:      int32(plan.Ready),    //nolint:gosec // as above
		Selector:           PoolSelector(pool),
		ObservedGeneration: pool.Generation,
		Conditions:         conditions.list,
	}
}

// PoolStatusMoved says whether wanted differs from the status that pool has.
func PoolStatusMoved(pool *extensionsv1.SandboxWarmPool, wanted extensionsv1.SandboxWarmPoolStatus) bool {
	return !sameStatus(pool.Status, wanted)
}
