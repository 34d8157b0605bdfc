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

// PoolPlan is what a pool does next, and what it was decided on.
type PoolPlan struct {
	// Create is how many Sandboxes are missing and can be made.
	Create int
	// Delete are the members to delete, each only as it was seen: a member that changed since may have been adopted.
	Delete []*sandboxv1.Sandbox
	// Replicas and Ready are how many members there are, and how many of these are Ready.
	Replicas, Ready int
	// Leaving is how many Sandboxes are being deleted and still take a member's place.
	Terminating int
	// Replace is how many of those in Delete are Ready, and only outdated.
	Replace int
	// Outdated is how many members the pool replaces, since its template makes something else by now. OutdatedReady of
	// these are Ready; claims do not get them.
	Outdated, OutdatedReady int
	// Stuck is how many members are replaced since they have not been Ready for too long; Unschedulable is how many have
	// not been either, and are kept: where no node takes the Pod of one, none takes that of another.
	Stuck, Unschedulable int
	// Grace is for how long a member may be not Ready before it counts among these.
	Grace time.Duration
	// LastReady is when the member that turned Ready last did so.
	LastReady time.Time
	// Again is when to look again although nothing changes; zero for never.
	RequeueAfter time.Duration
}

// PlanPool compares a pool's members with its spec. members are Sandboxes that the pool controls, by its UID; snapshot is
// the pool's template, or nil where it does not exist; memory is what was remembered of the pool, or nil. Those being
// deleted are members no more but still take their place, so that a pool never has more Pods than it says.
//
// What goes: members that have not been Ready for longer than the grace period, unless no node takes their Pods; under
// Recreate those that the template does not make any more, of the Ready ones only a few at a time (see replaceable); and
// what is too many: those that are not Ready first, then those that are outdated, then the newest.
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
			if plan.overdue(member, settings, now) && edition != nil { // What cannot be replaced stays.
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

// replaceable is how many outdated members that are Ready the pool may replace now, if that many Sandboxes are starting,
// leaving, or still to be made up for: a quarter of the pool at a time, so that a new template does not start every Pod at
// once; and none when something is in the way, so that a template with a mistake costs a quarter of the pool, and the rest
// is there for claims as soon as the mistake is taken back.
//
// Members that no node takes count in the quarter. Where nothing else is not Ready, one may be replaced however many these
// are: it makes the room that they wait for. If they wait by a mistake of the template, its successor waits, too, and has
// the grace period before it counts among them: so one more goes in each, and not all at once.
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

// outdatedFunc returns what says of a member that its pool replaces it, since the template makes something else by now.
func outdatedFunc(pool *extensionsv1.SandboxWarmPool, edition *TemplateSnapshot) func(*sandboxv1.Sandbox) bool {
	if edition == nil || UpdateStrategy(pool) != extensionsv1.UpdateStrategyRecreate {
		return func(*sandboxv1.Sandbox) bool { return false }
	}
	return func(member *sandboxv1.Sandbox) bool { return !edition.Matches(member) }
}

// compareForDeletion orders members of a pool for deletion: not Ready before Ready, outdated before current, newer before older,
// then by name.
func compareForDeletion(a, b *sandboxv1.Sandbox, outdated func(*sandboxv1.Sandbox) bool) int {
	return cmp.Or(
		trueFirst(!IsReady(a), !IsReady(b)), trueFirst(outdated(a), outdated(b)),
		b.CreationTimestamp.Compare(a.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name),
	)
}

// first compares what has a property with what may not have it: what has it comes first.
func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
