package rules

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// fate is what becomes of a member, if there are not too many.
type fate int

const (
	// memberLeaves: it is being deleted already.
	memberLeaves fate = iota
	// memberGoes: it is to be deleted at once.
	memberGoes
	// memberStarts: it is not Ready.
	memberStarts
	// memberStays: it is Ready, although it may be outdated.
	memberStays
)

// count adds member to p, and returns what becomes of it.
func (p *PoolPlan) count(member *sandboxv1.Sandbox, outdated bool) fate {
	if member.DeletionTimestamp != nil {
		p.Leaving++
		return memberLeaves
	}
	p.Replicas++
	ready := IsReady(member)
	if outdated {
		p.Outdated++
	}
	switch {
	case !ready && outdated:
		return memberGoes
	case !ready:
		return memberStarts
	case outdated:
		p.OutdatedReady++
	}
	p.Ready++
	p.LastReady = latest(p.LastReady, ReadySince(member))
	return memberStays
}

// wait decides whether member, which is not Ready, is replaced, and notes in p when to look at it again if not.
func (p *PoolPlan) wait(member *sandboxv1.Sandbox, settings PoolSettings, now time.Time) (replace bool) {
	left := waitingSince(member).Add(settings.ReadinessGrace).Sub(now)
	switch {
	case left > 0:
		p.lookAgain(left)
	case hasNoNode(member):
		p.Unschedulable++
		p.lookAgain(settings.UnschedulableRecheck)
	default:
		p.Stuck++
		return true
	}
	return false
}

// lookAgain makes sure that the pool is looked at again in that time.
func (p *PoolPlan) lookAgain(in time.Duration) {
	if p.Again == 0 || in < p.Again {
		p.Again = in
	}
}

// waitingSince returns since when a member that is not Ready can be expected to become so: since it was created, was
// Ready the last time, or got a node, whichever came last.
func waitingSince(member *sandboxv1.Sandbox) time.Time {
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

// hasNoNode says whether member's Pod waits for a node, as the scheduler said, or a gate before it.
func hasNoNode(member *sandboxv1.Sandbox) bool {
	return meta.IsStatusConditionFalse(member.Status.Conditions, sandboxv1.ConditionPodScheduled)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
