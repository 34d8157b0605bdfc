package rules

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// PoolStatus returns the status of pool, computed from scratch. problem is what keeps the pool from creating Sandboxes,
// or nil.
func PoolStatus(
	pool *extensionsv1.SandboxWarmPool, plan PoolPlan, problem *ConditionError, now time.Time,
) extensionsv1.SandboxWarmPoolStatus {
	conditions := &conditionSet{generation: pool.Generation, now: now, old: pool.Status.Conditions}
	conditions.set(poolProgressing(pool, plan, problem))
	conditions.set(poolReady(pool, plan, problem))
	return extensionsv1.SandboxWarmPoolStatus{
		Replicas:           int32(plan.Replicas), //nolint:gosec // bounded by what a namespace holds
		ReadyReplicas:      int32(plan.Ready),    //nolint:gosec // as above
		Selector:           PoolSelector(pool),
		ObservedGeneration: pool.Generation,
		Conditions:         conditions.list,
	}
}

// poolReady returns the Ready condition. It is True if claims can get as many Sandboxes at once as the pool asks for.
func poolReady(pool *extensionsv1.SandboxWarmPool, plan PoolPlan, problem *ConditionError) metav1.Condition {
	ready := metav1.Condition{
		Type: extensionsv1.ConditionReady, Status: metav1.ConditionFalse, Reason: extensionsv1.ReasonPoolNotReady,
		Message: fmt.Sprintf("%d of %d Sandboxes are Ready", plan.Ready, Replicas(pool)),
	}
	if plan.OutdatedReady > 0 {
		ready.Message += fmt.Sprintf("; %d are of an earlier template", plan.OutdatedReady)
	}
	if plan.Terminating > 0 && plan.Ready < Replicas(pool) {
		ready.Message += fmt.Sprintf("; %d are being deleted", plan.Terminating)
	}
	switch {
	case problem != nil && problem.Reason == extensionsv1.ReasonTemplateNotFound:
		ready.Reason, ready.Message = problem.Reason, problem.Message
	case plan.Ready-plan.OutdatedReady >= Replicas(pool):
		ready.Status, ready.Reason = metav1.ConditionTrue, extensionsv1.ReasonPoolReady
	}
	return ready
}

// poolProgressing returns the Progressing condition.
func poolProgressing(pool *extensionsv1.SandboxWarmPool, plan PoolPlan, problem *ConditionError) metav1.Condition {
	before := meta.FindStatusCondition(pool.Status.Conditions, extensionsv1.ConditionProgressing)
	want := Replicas(pool)
	progress := metav1.Condition{Type: extensionsv1.ConditionProgressing, Status: metav1.ConditionFalse}
	switch {
	case problem != nil:
		progress.Reason, progress.Message = problem.Reason, problem.Message
	case plan.Refused > 0:
		progress.Reason = extensionsv1.ReasonSandboxRefused
		progress.Message = fmt.Sprintf("The API server refuses what %d of %d Sandboxes need: %s", plan.Refused, want, plan.Refusal)
	case plan.EndedAgain:
		progress.Reason = extensionsv1.ReasonSandboxesEnded
		progress.Message = fmt.Sprintf("The Pods of Sandboxes end, and so do those of their replacements: "+
			"%d of %d have ended and are replaced later and later", plan.Ended, want) + inWords("", plan.Trouble)
	case plan.Held > 0:
		progress.Reason = extensionsv1.ReasonSandboxesNotReady
		progress.Message = fmt.Sprintf("%d of %d Sandboxes have not been Ready for longer than the grace period of %s: "+
			"most turned NotReady together, and none is replaced while that lasts", plan.Held, want, plan.Grace)
	case plan.Stuck > 0:
		progress.Reason, progress.Message = extensionsv1.ReasonSandboxesNotReady, poolOverdue(plan, want)
	case stillBlocked(before, plan, want):
		progress.Reason, progress.Message = before.Reason, before.Message
	case plan.Unschedulable > plan.GatedOverdue:
		progress.Reason, progress.Message = extensionsv1.ReasonSandboxesUnschedulable, poolOverdue(plan, want)
	case plan.GatedOverdue > 0:
		progress.Reason, progress.Message = extensionsv1.ReasonSandboxesGated, poolGated(plan, want)
	case plan.Gated > 0: // A queue takes a moment to let them go.
		progress.Status = metav1.ConditionTrue
		progress.Reason, progress.Message = extensionsv1.ReasonSandboxesGated, poolGated(plan, want)
	default:
		progress.Status = metav1.ConditionTrue
		progress.Reason, progress.Message = poolTask(plan, want)
	}
	return progress
}

// stillBlocked reports whether the problem that blocked a pool still exists, although nothing in plan shows it. There
// are two cases. Sandboxes that did not become Ready were replaced, none has become Ready since, and more are missing
// than those that no node takes. Or the last Sandbox was refused, and Sandboxes are still missing that nothing else holds back.
func stillBlocked(before *metav1.Condition, plan PoolPlan, want int) bool {
	switch {
	case before == nil:
		return false
	case before.Reason == extensionsv1.ReasonSandboxesNotReady:
		return plan.Ready+plan.Unschedulable < want && plan.LastReady.Before(before.LastTransitionTime.Time)
	case before.Reason == extensionsv1.ReasonSandboxRefused:
		return plan.Create > 0 && plan.Created == 0 && !plan.Crowded
	}
	return false
}

// poolOverdue returns a message that says how many Sandboxes are not Ready after the grace period.
func poolOverdue(plan PoolPlan, want int) string {
	return fmt.Sprintf("%d of %d Sandboxes have not been Ready for longer than the grace period of %s: %d are replaced, %d wait for a node",
		plan.Stuck+plan.Unschedulable, want, plan.Grace, plan.Stuck, plan.Unschedulable) + poolCrowded(plan) + inWords("", plan.Trouble)
}

// poolCrowded returns what is added to a message if only a few Sandboxes are created because of those that wait for a node.
func poolCrowded(plan PoolPlan) string {
	if !plan.Crowded {
		return ""
	}
	return fmt.Sprintf("; others are created only a few at a time while %d wait for a node", plan.Waiting)
}

// poolGated returns a message that says how many Sandboxes a scheduling gate holds.
func poolGated(plan PoolPlan, want int) string {
	return fmt.Sprintf("The Pods of %d of %d Sandboxes have scheduling gates: they get a node when whoever set the gates removes them",
		plan.Gated, want)
}

// poolTask returns what a pool is doing if nothing blocks it.
func poolTask(plan PoolPlan, want int) (reason, message string) {
	switch {
	case plan.Outdated > 0:
		return extensionsv1.ReasonPoolReplacing, fmt.Sprintf("%d of %d Sandboxes are of an earlier template and are being replaced", plan.Outdated, want)
	case plan.Ready < want:
		message = fmt.Sprintf("%d of %d Sandboxes are not Ready yet", want-plan.Ready, want) + poolCrowded(plan)
		return extensionsv1.ReasonPoolFilling, message + inWords("", plan.Trouble)
	}
	return extensionsv1.ReasonPoolComplete, fmt.Sprintf("All %d Sandboxes are Ready", want)
}

// PoolStatusChanged reports whether wanted differs from the status that pool has.
func PoolStatusChanged(pool *extensionsv1.SandboxWarmPool, wanted extensionsv1.SandboxWarmPoolStatus) bool {
	return !sameStatus(pool.Status, wanted)
}

// IsPoolRefused reports whether the status of pool says that the API server refuses its Sandboxes.
func IsPoolRefused(pool *extensionsv1.SandboxWarmPool) bool {
	progress := meta.FindStatusCondition(pool.Status.Conditions, extensionsv1.ConditionProgressing)
	return progress != nil && progress.Reason == extensionsv1.ReasonSandboxRefused
}

// PoolStatusDelay returns how long to leave out status, the next of pool, whose last was written at that time: each claim changes
// the status twice. It is 0 where the spec has changed since.
func PoolStatusDelay(
	pool *extensionsv1.SandboxWarmPool, status extensionsv1.SandboxWarmPoolStatus, written time.Time, settings PoolSettings, now time.Time,
) time.Duration {
	if status.ObservedGeneration != pool.Status.ObservedGeneration {
		return 0
	}
	return max(0, written.Add(settings.StatusInterval).Sub(now))
}
