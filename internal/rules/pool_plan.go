package rules

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// PoolPlan is what a pool does next, and the counts behind that decision.
type PoolPlan struct {
	// Create is how many Sandboxes are missing and can be created.
	Create int
	// Delete are the members to delete, each only in its observed version. A member that has changed since may have
	// been adopted.
	Delete []*sandboxv1.Sandbox
	// Replicas is the number of members, and Ready is how many of them are Ready.
	Replicas, Ready int
	// Terminating is how many Sandboxes are being deleted and still take a member's place.
	Terminating int
	// Replace is how many of the Sandboxes in Delete are Ready and are deleted only because they are outdated.
	Replace int
	// Outdated is how many members the pool replaces because its template makes something else by now. OutdatedReady is
	// how many of these are Ready. Claims do not get them.
	Outdated, OutdatedReady int
	// Stuck is how many members are replaced because they have not been Ready for too long. Unschedulable is how many
	// have not been Ready for too long and are kept. If no node takes the Pod of one, no node takes the Pod of a
	// replacement.
	Stuck, Unschedulable int
	// Grace is how long a member may be not Ready before it counts as Stuck or Unschedulable.
	Grace time.Duration
	// LastReady is when the most recent of the Ready members turned Ready.
	LastReady time.Time
	// RequeueAfter is when to reconcile again even if nothing changes. Zero means never.
	RequeueAfter time.Duration
}

// PlanPool compares a pool's members with its spec. members are the Sandboxes that the pool controls, by its UID.
// edition is a snapshot of the pool's template, or nil if the template does not exist. memory is the pool's state from
// the previous reconcile, or nil. Sandboxes that are being deleted are no longer members but still take a member's
// place. So a pool never has more Pods than its spec asks for.
//
// PlanPool deletes three groups. The first are members that have not been Ready for longer than the grace period,
// unless no node takes their Pods. The second, under Recreate, are members that the template does not make any more. It
// deletes only a few of the Ready ones at a time (see replaceable). The third are members in excess. Members that are
// not Ready go first, then outdated ones, then the newest.
func PlanPool(
	pool *extensionsv1.SandboxWarmPool, edition *TemplateSnapshot, members []*sandboxv1.Sandbox,
	memory *PoolState, settings PoolSettings, now time.Time,
) PoolPlan {
	plan := PoolPlan{Grace: settings.ReadinessGrace}
	if edition != nil {
		plan.Create = max(0, Replicas(pool)-len(members))
	}
	outdated := outdatedFunc(pool, edition)
	stay := make([]*sandboxv1.Sandbox, 0, len(members))
	starting := 0
	for _, member := range members {
		switch plan.classify(member, outdated(member)) {
		case memberDeleted:
			plan.Delete = append(plan.Delete, member)
		case memberStarting:
			starting++
			if plan.overdue(member, settings, now) && edition != nil { // A member that cannot be replaced stays.
				plan.Delete = append(plan.Delete, member)
			} else {
				stay = append(stay, member)
			}
		case memberKept:
			stay = append(stay, member)
		case memberTerminating:
		}
	}
	excess := max(0, len(stay)-Replicas(pool))
	replace := plan.replaceable(pool, starting+plan.Terminating+min(plan.Create, memory.stillDue(plan.Terminating)))
	if excess == 0 && (plan.OutdatedReady == 0 || replace <= 0) {
		return plan
	}
	slices.SortFunc(stay, func(a, b *sandboxv1.Sandbox) int { return compareForDeletion(a, b, outdated) })
	plan.Delete = append(plan.Delete, stay[:excess]...)
	for _, member := range stay[excess:] {
		if plan.Replace < replace && outdated(member) {
			plan.Delete = append(plan.Delete, member)
			plan.Replace++
		}
	}
	return plan
}

// replaceable returns how many outdated Ready members the pool may replace now. moving is how many Sandboxes are
// starting, terminating, or still to be created as replacements. The pool replaces a quarter of its members at a time,
// so that a new template does not start every Pod at once. It replaces none while something blocks it. So a template
// with a mistake costs a quarter of the pool, and claims can use the rest as soon as the mistake is reverted.
//
// Members that no node takes count in the quarter. If nothing else is not Ready, one member may be replaced, however
// many unschedulable ones there are. Replacing it makes the room that they wait for. If they wait because of a mistake
// in the template, the replacement waits, too. It counts as Unschedulable only after the grace period. So one more
// member is replaced in each grace period, and not all at once.
func (p *PoolPlan) replaceable(pool *extensionsv1.SandboxWarmPool, moving int) int {
	progress := meta.FindStatusCondition(pool.Status.Conditions, extensionsv1.ConditionProgressing)
	stopped := progress != nil && progress.Status == metav1.ConditionFalse && progress.Reason != extensionsv1.ReasonSandboxesUnschedulable
	if stopped || p.Stuck > 0 {
		return 0
	}
	left := max(1, Replicas(pool)/4) - moving
	if moving == p.Unschedulable {
		return max(1, left)
	}
	return left
}

// outdatedFunc returns a function that reports whether the pool replaces a member because the template makes something
// else by now.
func outdatedFunc(pool *extensionsv1.SandboxWarmPool, edition *TemplateSnapshot) func(*sandboxv1.Sandbox) bool {
	if edition == nil || UpdateStrategy(pool) != extensionsv1.UpdateStrategyRecreate {
		return func(*sandboxv1.Sandbox) bool { return false }
	}
	return func(member *sandboxv1.Sandbox) bool { return !edition.Matches(member) }
}

// compareForDeletion orders members of a pool for deletion: not Ready before Ready, outdated before current, newer
// before older, then by name.
func compareForDeletion(a, b *sandboxv1.Sandbox, outdated func(*sandboxv1.Sandbox) bool) int {
	return cmp.Or(
		trueFirst(!IsReady(a), !IsReady(b)), trueFirst(outdated(a), outdated(b)),
		b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name),
	)
}

// trueFirst compares two bools so that true comes before false.
func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
