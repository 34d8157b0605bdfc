package rules

import (
	"cmp"
	"math"
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// RefillLimits limit the creation of Sandboxes in each pool.
type RefillLimits struct {
	// Batch is the maximum number of Sandboxes that a pool creates in one reconcile. As long as so many of its members wait for a node, it
	// creates only what room allows. A scheduler takes Pods one after the other, whoever they belong to: those of other pools and claims
	// wait behind them.
	Batch int
	// Delay is how long a pool waits after it has lost members, because it may lose more. It counts from the first of
	// these losses. The pool does not wait when it is new or when its replicas are raised.
	Delay time.Duration
	// Rate is the average number of Sandboxes that a pool creates per second. Zero means no limit.
	Rate float64
	// Probes is how many Sandboxes of a pool may be without an accepted Pod, because the API server has refused it or
	// because nobody has reported anything yet. As more members have a Pod, more may be without one, up to Batch. So
	// where Pods are refused, a large pool creates a few Sandboxes and not all of them. Zero means no limit.
	Probes int
}

// DefaultProbes is the usual value of RefillLimits.Probes: enough that a small pool starts at once, and few enough that
// their retries are not noticed.
const DefaultProbes = 4

// PlanRefill decides how many of the missing Sandboxes in plan to create now. before is the pool's state from the
// previous reconcile, or nil. again is when to reconcile again, and zero means never. after is the state to remember.
func PlanRefill(
	before *PoolState, pool *extensionsv1.SandboxWarmPool, plan PoolPlan, limits RefillLimits, now time.Time,
) (create int, again time.Duration, after *PoolState) {
	after = before.next(Replicas(pool), &plan, limits, now)
	after.notBefore = limits.nextDelay(before, after, plan.Create, now)
	if plan.Create == 0 {
		return 0, 0, after
	}
	if wait := after.notBefore.Sub(now); wait > 0 {
		return 0, wait, after
	}
	room := limits.room(after, &plan)
	create = min(plan.Create, limits.Batch, room)
	if limits.Rate > 0 {
		create = min(create, int(after.tokens))
		after.tokens -= float64(create)
	}
	switch { // What has no room waits for news of a member, and for a time only in a crowd, whose members bring no news.
	case create < min(plan.Create, room):
		again = limits.nextToken(after.tokens)
	case create < plan.Create && limits.IsCrowded(&plan):
		again = plan.oldIn
	}
	return create, again, after
}

// nextDelay returns the time before which nothing is created. The delay counts from the first loss, and later losses do
// not prolong it. When it is over it stays in the past until nothing is missing, so that a pool that is slow to create
// what it lost does not wait again for what it loses meanwhile.
func (l RefillLimits) nextDelay(before, after *PoolState, missing int, now time.Time) time.Time {
	switch {
	case before == nil, after.want > before.want:
		return time.Time{}
	case after.members < before.members && before.notBefore.IsZero():
		return now.Add(l.Delay)
	case missing == 0:
		return time.Time{}
	}
	return before.notBefore
}

// nextWindow returns how many Sandboxes may be without an accepted Pod, if before was the number until now. It grows
// with the number of members that have one, and begins anew when something is refused.
func (l RefillLimits) nextWindow(before int, plan *PoolPlan) int {
	if plan.Refused > 0 {
		return l.Probes
	}
	return max(l.Probes, before, min(plan.WithPod, l.Batch))
}

// room returns how many more Sandboxes may be created before others have an accepted Pod, and a node. state is that of the pool.
//
// However many wait for a node, replacements may be created: the members in whose place they come wait no more, and what replaces them may
// be what nodes take. And a few others are tried every few minutes, or as many as nodes have taken in these. What waits may wait for a node
// of its own, where its volumes are.
func (l RefillLimits) room(state *PoolState, plan *PoolPlan) int {
	room := math.MaxInt
	if plan.Waiting > 0 {
		trial := max(cmp.Or(l.Probes, DefaultProbes), min(plan.PlacedNew, l.Batch))
		room = max(l.Batch-plan.Waiting, state.replacementsDue, trial-plan.WaitingNew)
	}
	if l.Probes > 0 {
		room = min(room, state.window-plan.Refused) - plan.Unproven
	}
	return max(0, room)
}

// IsCrowded reports whether a pool with that plan creates only a few Sandboxes because so many members wait for a node.
func (l RefillLimits) IsCrowded(plan *PoolPlan) bool {
	return plan.Create > 0 && plan.Waiting >= l.Batch
}

// bucket returns how many Sandboxes may be created at once after a time in which none were created. It is the number
// for one second, and at least one.
func (l RefillLimits) bucket() float64 {
	return max(1, l.Rate)
}

// yieldDelay is the delay before a reconcile that only has to let other reconciles run first.
const yieldDelay = 20 * time.Millisecond

// maxTokenWait is the maximum time to wait for a token before reconciling again.
const maxTokenWait = time.Hour

// nextToken returns how long it takes until there is a whole token again, and at least yieldDelay.
func (l RefillLimits) nextToken(tokens float64) time.Duration {
	if l.Rate == 0 || tokens >= 1 {
		return yieldDelay
	}
	seconds := min((1-tokens)/l.Rate, maxTokenWait.Seconds())
	return max(yieldDelay, time.Duration(math.Ceil(seconds*float64(time.Second))))
}
