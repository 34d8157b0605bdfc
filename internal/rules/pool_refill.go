package rules

import (
	"math"
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// RefillLimits limit the creation of Sandboxes in each pool.
type RefillLimits struct {
	// Batch is the maximum number of Sandboxes that a pool creates in one reconcile.
	Batch int
	// Delay is how long a pool waits after it has lost members, because it may lose more. The pool does not wait when
	// it is new or when its replicas are raised.
	Delay time.Duration
	// Rate is the average number of Sandboxes that a pool creates per second. Zero means no limit.
	Rate float64
}

// PoolState is what the controller remembers about a pool from one reconcile to the next. Losing it does no harm: a
// pool then creates or replaces Sandboxes sooner than it would have.
type PoolState struct {
	want, members int
	notBefore     time.Time
	tokens        float64
	at            time.Time
	// replacementsDue is how many Sandboxes were replaced and whose replacements are not created yet. The number of
	// missing members is no measure, because claims take members too. A pool whose members claims take at once must
	// also make progress with replacing.
	replacementsDue int
}

// WithReplaced returns m after n outdated members were deleted.
func (m *PoolState) WithReplaced(n int) *PoolState {
	after := *m
	after.replacementsDue += n
	return &after
}

// stillDue returns how many replacements are to be created, besides those whose predecessors are still terminating.
func (m *PoolState) stillDue(leaving int) int {
	if m == nil {
		return 0
	}
	return max(0, m.replacementsDue-leaving)
}

// PlanRefill decides how many of the missing Sandboxes in plan to create now. before is the pool's state from the
// previous reconcile, or nil. again is when to reconcile again, and zero means never. after is the state to remember.
func PlanRefill(
	before *PoolState, pool *extensionsv1.SandboxWarmPool, plan PoolPlan, limits RefillLimits, now time.Time,
) (create int, again time.Duration, after *PoolState) {
	after = &PoolState{want: Replicas(pool), members: plan.Replicas, tokens: limits.bucket(), at: now}
	if before != nil {
		after.notBefore = before.notBefore
		after.replacementsDue = min(before.replacementsDue, plan.Create+plan.Terminating)
		after.tokens = min(limits.bucket(), before.tokens+limits.Rate*max(0, now.Sub(before.at)).Seconds())
		switch {
		case after.want > before.want:
			after.notBefore = time.Time{}
		case after.members < before.members:
			after.notBefore = now.Add(limits.Delay)
		}
	}
	if plan.Create == 0 {
		return 0, 0, after
	}
	if wait := after.notBefore.Sub(now); wait > 0 {
		return 0, wait, after
	}
	create = min(plan.Create, limits.Batch)
	defer func() { after.replacementsDue = max(0, after.replacementsDue-create) }()
	if limits.Rate > 0 {
		create = min(create, int(after.tokens))
		after.tokens -= float64(create)
	}
	if create < plan.Create {
		again = limits.nextToken(after.tokens)
	}
	return create, again, after
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
