package rules

import (
	"math"
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// RefillLimits hold back the creation of Sandboxes in each pool.
type RefillLimits struct {
	// Batch is how many Sandboxes a pool creates in a pass at the most.
	Batch int
	// Delay is for how long a pool waits after it has lost members, since it may lose more. Not when it is new, or is to
	// be larger.
	Delay time.Duration
	// Rate is how many Sandboxes a pool creates a second, on the average; zero for no limit.
	Rate float64
}

// PoolState is what is remembered of a pool from one pass to the next. Losing it does no harm: a pool then creates, or
// replaces, sooner than it might.
type PoolState struct {
	want, members int
	notBefore     time.Time
	tokens        float64
	at            time.Time
	// owed is how many Sandboxes were replaced and are not made up for yet. That members are missing does not tell: claims
	// take some, and a pool that claims take everything from at once has to get on with replacing, too.
	replacementsDue int
}

// Replaced returns m after that many outdated members were deleted.
func (m *PoolState) WithReplaced(n int) *PoolState {
	after := *m
	after.replacementsDue += n
	return &after
}

// owes is how many Sandboxes are to be made up for, besides those that are still leaving.
func (m *PoolState) stillDue(leaving int) int {
	if m == nil {
		return 0
	}
	return max(0, m.replacementsDue-leaving)
}

// PlanRefill decides how many of the Sandboxes that plan misses to create now. before is what was remembered of the pool,
// nil where nothing was. It returns besides when to look again, zero for never, and what to remember.
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

// bucket is how many Sandboxes may be created at once after a time in which none were: those of a second, but one at least.
func (l RefillLimits) bucket() float64 {
	return max(1, l.Rate)
}

// soon is when to go on with what has no reason to wait, but for others who get their turn.
const yieldDelay = 20 * time.Millisecond

// longest is how long to wait for a token at the most before looking again.
const maxTokenWait = time.Hour

// nextToken is when there is a whole token again, and not before soon.
func (l RefillLimits) nextToken(tokens float64) time.Duration {
	if l.Rate == 0 || tokens >= 1 {
		return yieldDelay
	}
	seconds := min((1-tokens)/l.Rate, maxTokenWait.Seconds())
	return max(yieldDelay, time.Duration(math.Ceil(seconds*float64(time.Second))))
}
