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
	// Created is how many of these were created, as the reconciler notes it.
	Created int
	// Delete are the members to delete, each only in its observed version. A member that has changed since may have
	// been adopted.
	Delete []*sandboxv1.Sandbox
	// Replicas is the number of members, and Ready is how many of them are Ready.
	Replicas, Ready int
	// Terminating is how many Sandboxes are being deleted and still take a member's place.
	Terminating int
	// Replace is how many of the Sandboxes in Delete are deleted to be replaced a few at a time: those that are Ready and
	// outdated, and those that are not Ready, although they are current.
	Replace int
	// Outdated is how many members the pool replaces because its template makes something else by now. OutdatedReady is
	// how many of these are Ready. Claims do not get them.
	Outdated, OutdatedReady int
	// Stuck is how many members are replaced, now or when it is their turn, because they have not been Ready for too
	// long. Unschedulable is how many have not been Ready for too long and are kept. If no node takes the Pod of one, no
	// node takes the Pod of a replacement.
	Stuck, Unschedulable int
	// Gated is how many members have a Pod that a scheduling gate holds. GatedOverdue is how many of these count as
	// Unschedulable.
	Gated, GatedOverdue int
	// Together says that most members turned NotReady together. Held is how many have not been Ready for too long and are
	// kept because of that.
	Together bool
	Held     int
	// Ended is how many members have a Pod that has ended. EndedAgain says that the Pods of replacements end, too, so
	// that the pool replaces them later and later.
	Ended      int
	EndedAgain bool
	// Refused is how many members lack something that the API server refuses. Refusal has its words about one of them,
	// without the name of that member.
	Refused int
	Refusal string
	// Trouble is what keeps a container of a member from running, or how its Pod ended, for one of the members that are not
	// Ready. It does not name that member.
	Trouble string
	// WithPod is how many members have a Pod that the API server has accepted, and Unproven is how many have reported
	// neither that nor a refusal. Unreported are those of the latter that have reported nothing at all.
	WithPod, Unproven int
	Unreported        []*sandboxv1.Sandbox
	// Waiting is how many members have a Pod for which a scheduler has to find a node, and WaitingNew is how many of these were created
	// within the grace period, or maxTrial if that is shorter. PlacedNew is how many have got a node within that time. Crowded says that
	// the pool creates others only a few at a time because of those that wait, as the reconciler notes it.
	Waiting, WaitingNew, PlacedNew int
	Crowded                        bool
	// Grace is how long a member may be not Ready before it counts as Stuck, Unschedulable or Held.
	Grace time.Duration
	// LastReady is when the most recent of the Ready members turned Ready.
	LastReady time.Time
	// RequeueAfter is when to reconcile again even if nothing changes. Zero means never.
	RequeueAfter time.Duration

	// ends is the state of the backoff that EndedAgain tells of, rounds counts what was replaced in vain, and probed says
	// that one member is replaced although most turned NotReady together. All are for the pool's next state.
	ends   endBackoff
	rounds rounds
	probed bool
	// oldIn is when the next of WaitingNew will not be counted any more, from now. Zero means never.
	oldIn time.Duration
}

// PlanPool compares a pool's members with its spec. members are the Sandboxes that the pool controls, by its UID.
// edition is a snapshot of the pool's template, or nil if the template does not exist. memory is the pool's state from
// the previous reconcile, or nil. Sandboxes that are being deleted are no longer members but still take a member's
// place. So a pool never has more Pods than its spec asks for.
//
// PlanPool deletes three groups. The first are members that are not Ready and whose replacements can be expected to do
// better, a few at a time (see poolPass.replaceNotReady). The second, under Recreate, are members that the template does
// not make any more, a quarter of the pool at a time. Those that are not Ready go first, and even if nothing else gets
// on: a new template is the remedy for one with a mistake. They do not go all at once, since it may be a fault that hits
// all. The Ready ones go only while the pool gets on (see replaceable). The third are members in excess. Members that
// are not Ready go first, then outdated ones, then the newest.
func PlanPool(
	pool *extensionsv1.SandboxWarmPool, edition *TemplateSnapshot, members []*sandboxv1.Sandbox,
	memory *PoolState, settings PoolSettings, now time.Time,
) PoolPlan {
	p := newPoolPass(pool, edition, members, memory, settings, now)
	for _, member := range members {
		p.look(member)
	}
	p.replaceNotReady()
	stay := p.staying()
	excess := max(0, len(stay)-p.want)
	if excess == 0 && p.Outdated == 0 {
		return p.PoolPlan
	}
	left := p.outdatedLeft(pool)
	slices.SortFunc(stay, func(a, b *sandboxv1.Sandbox) int { return compareForDeletion(a, b, p.outdated) })
	p.Delete = append(p.Delete, stay[:excess]...)
	rolled := 0
	for _, member := range stay[excess:] {
		if p.outdated(member) && rolled < left(memberStateOf(member)) {
			p.Delete = append(p.Delete, member)
			rolled++
		}
	}
	p.Replace += rolled
	return p.PoolPlan
}

// WithAccepted returns p for a pool whose API server has accepted the Pods of n of those that are Unreported. waiting of these have no
// node.
func (p PoolPlan) WithAccepted(n, waiting int) PoolPlan {
	p.WithPod, p.Unproven = p.WithPod+n, p.Unproven-n
	p.Waiting, p.WaitingNew = p.Waiting+waiting, p.WaitingNew+waiting
	return p
}

// outdatedLeft returns how many outdated members may be replaced now, by their state. Of those that are not Ready, it is a
// quarter of the pool less what is moving. Of those that wait for a node, or whose Pod is refused or not there yet, nothing
// runs: the replacements need only be created, not be Ready, until the next may go.
func (p *poolPass) outdatedLeft(pool *extensionsv1.SandboxWarmPool) func(memberState) int {
	most, coming := quarterOf(p.want), p.Terminating+p.due()
	ready, notReady, idle := p.replaceable(pool, p.notReady+coming), p.leftOf(most, p.notReady+coming), most-coming-p.Replace
	return func(state memberState) int {
		switch state {
		case memberReady:
			return ready
		case memberNotReady, memberEnded:
			return notReady
		case memberNew, memberRefused, memberTerminating, memberWaiting:
		}
		return idle
	}
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
	stopped := progress != nil && progress.Status == metav1.ConditionFalse &&
		progress.Reason != extensionsv1.ReasonSandboxesUnschedulable && progress.Reason != extensionsv1.ReasonSandboxesGated
	if stopped || p.Stuck > 0 || p.Held > 0 || p.Refused > 0 || p.EndedAgain {
		return 0
	}
	return p.leftOf(quarterOf(Replicas(pool)), moving)
}

// quarterOf returns how many of a pool's members may be replaced at a time.
func quarterOf(replicas int) int { return max(1, replicas/4) }

// leftOf returns how many more members may be replaced out of a number that may be at a time, if so many are moving.
func (p *PoolPlan) leftOf(most, moving int) int {
	left := most - moving
	if moving == p.Unschedulable {
		return max(1, left)
	}
	return left
}

// compareForDeletion orders members of a pool for deletion: not Ready before Ready, ended before what can still become
// Ready, outdated before current, newer before older, then by name.
func compareForDeletion(a, b *sandboxv1.Sandbox, outdated func(*sandboxv1.Sandbox) bool) int {
	return cmp.Or(
		trueFirst(!IsReady(a), !IsReady(b)), trueFirst(!endedAt(a).IsZero(), !endedAt(b).IsZero()), trueFirst(outdated(a), outdated(b)),
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
