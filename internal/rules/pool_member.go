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

// fate is what becomes of a member, if there are not too many.
type memberState int

const (
	// memberTerminating: it is being deleted already.
	memberTerminating memberState = iota
	// memberDeleted: it is to be deleted at once.
	memberDeleted
	// memberStarting: it is not Ready.
	memberStarting
	// memberKept: it is Ready, although it may be outdated.
	memberKept
)

// count adds member to p, and returns what becomes of it.
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

// wait decides whether member, which is not Ready, is replaced, and notes in p when to look at it again if not.
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

// requeueIn makes sure that the pool is looked at again in that time.
func (p *PoolPlan) requeueIn(in time.Duration) {
	if p.RequeueAfter == 0 || in < p.RequeueAfter {
		p.RequeueAfter = in
	}
}

// notReadySince returns since when a member that is not Ready can be expected to become so: since it was created, was
// Ready the last time, or got a node, whichever came last.
func notReadySince(member *sandboxv1.Sandbox) time.Time {
	since := latest(member.CreationTimestamp.Time, ReadySince(member))
	scheduled := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
	if scheduled != nil && scheduled.Status == metav1.ConditionTrue {
		since = latest(since, scheduled.LastTransitionTime.Time)
	}
	return since
}

// ReadySince returns since when member is Ready or is not.
func ReadySince(member *sandboxv1.Sandbox) time.Time {
	if ready := meta.FindStatusCondition(member.Status.Conditions, sandboxv1.ConditionReady); ready != nil {
		return ready.LastTransitionTime.Time
	}
	return time.Time{}
}

// isUnschedulable says whether member's Pod waits for a node, as the scheduler said, or a gate before it.
func isUnschedulable(member *sandboxv1.Sandbox) bool {
	return meta.IsStatusConditionFalse(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// CheckPoolMember returns a Forbidden error for a change of the spec of a Sandbox in a pool: whoever adopts it has to know
// what is in it. old is nil on create.
func CheckPoolMember(old, obj *sandboxv1.Sandbox) field.ErrorList {
	if old == nil || !IsPool(ControllerOf(old)) || equality.Semantic.DeepEqual(old.Spec, obj.Spec) {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("spec"), fmt.Sprintf(
		"this Sandbox is in %s: change the pool's SandboxTemplate instead", describeOwner(ControllerOf(old))))}
}
