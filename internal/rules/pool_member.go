package rules

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// memberState is the state of a member of a pool, by which PlanPool decides whether to delete it.
type memberState int

const (
	// memberTerminating: the member is being deleted already.
	memberTerminating memberState = iota
	// memberDeleted: the member is outdated and not Ready, and is to be deleted at once.
	memberDeleted
	// memberStarting: the member is not Ready.
	memberStarting
	// memberKept: the member is Ready, although it may be outdated.
	memberKept
)

// classify counts member in p and returns its state.
func (p *PoolPlan) classify(member *sandboxv1.Sandbox, outdated bool) memberState {
	if member.DeletionTimestamp != nil {
		p.Terminating++
		return memberTerminating
	}
	p.Replicas++
	ready := IsReady(member)
	if outdated {
		p.Outdated++
	}
	switch {
	case !ready && outdated:
		return memberDeleted
	case !ready:
		return memberStarting
	case outdated:
		p.OutdatedReady++
	}
	p.Ready++
	p.LastReady = latest(p.LastReady, ReadySince(member))
	return memberKept
}

// overdue reports whether member, which is not Ready, is to be replaced. If it is not, overdue records in p when to
// check it again.
func (p *PoolPlan) overdue(member *sandboxv1.Sandbox, settings PoolSettings, now time.Time) (replace bool) {
	left := notReadySince(member).Add(settings.ReadinessGrace).Sub(now)
	switch {
	case left > 0:
		p.requeueIn(left)
	case isUnschedulable(member):
		p.Unschedulable++
		p.requeueIn(settings.UnschedulableRecheck)
	default:
		p.Stuck++
		return true
	}
	return false
}

// requeueIn makes sure that the pool is reconciled again after that time at the latest.
func (p *PoolPlan) requeueIn(in time.Duration) {
	if p.RequeueAfter == 0 || in < p.RequeueAfter {
		p.RequeueAfter = in
	}
}

// notReadySince returns the time since which a member that is not Ready could have become Ready. That is its creation,
// the last change of its Ready condition, or the time at which it got a node, whichever came last.
func notReadySince(member *sandboxv1.Sandbox) time.Time {
	since := latest(member.CreationTimestamp.Time, ReadySince(member))
	scheduled := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
	if scheduled != nil && scheduled.Status == metav1.ConditionTrue {
		since = latest(since, scheduled.LastTransitionTime.Time)
	}
	return since
}

// ReadySince returns when the Ready condition of member last changed, or the zero time if it has none.
func ReadySince(member *sandboxv1.Sandbox) time.Time {
	if ready := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionReady); ready != nil {
		return ready.LastTransitionTime.Time
	}
	return time.Time{}
}

// isUnschedulable reports whether member's Pod waits for a node. The scheduler, or a gate before it, has reported that.
func isUnschedulable(member *sandboxv1.Sandbox) bool {
	return meta.IsStatusConditionFalse(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// CheckPoolMember returns a Forbidden error for a change of the spec of a Sandbox in a pool. Whoever adopts the Sandbox
// has to know what is in it. old is nil on create.
func CheckPoolMember(old, obj *sandboxv1.Sandbox) field.ErrorList {
	if old == nil || !IsPool(ControllerOf(old)) || equality.Semantic.DeepEqual(old.Spec, obj.Spec) {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec"), fmt.Sprintf(
		"this Sandbox is in %s: change the pool's SandboxTemplate instead", describeOwner(ControllerOf(old))))}
}
