package rules

import (
	"slices"
	"time"
)

// PoolState is what the controller remembers about a pool from one reconcile to the next. Losing it does no harm: a
// pool then creates Sandboxes sooner than it would have, and replaces them later.
type PoolState struct {
	want, members int
	notBefore     time.Time
	tokens        float64
	// since is when this state was begun, and at is when it was last brought up to date.
	since, at time.Time
	// replacementsDue is how many Sandboxes were replaced and whose replacements are not created yet. The number of
	// missing members is no measure, because claims take members too. A pool whose members claims take at once must
	// also make progress with replacing.
	replacementsDue int
	// unseen is how many Sandboxes were created that the members, as they were read, do not show yet.
	unseen int
	// replaced has what was replaced within the last two grace periods. A replacement that was created, or got its node,
	// at the end of the first can be starting until the end of the second.
	replaced []replacement
	// window is how many Sandboxes may be without an accepted Pod (see RefillLimits.Probes).
	window int
	// together is when most members were last seen to have turned NotReady together, and heldSince is when that was
	// first seen, or when a member was last replaced in spite of it. Both are zero if it was not seen.
	together, heldSince time.Time
	ends                endBackoff
	rounds              rounds
	// lastReady is when the last member turned Ready, whether or not a claim has taken it since.
	lastReady time.Time
}

// replacement says that n members were replaced at that time.
type replacement struct {
	at time.Time
	n  int
}

// WithWritten returns m after what plan creates was created, and what it deletes was deleted.
func (m *PoolState) WithWritten(plan *PoolPlan) *PoolState {
	after := *m
	after.replacementsDue = max(0, m.replacementsDue-plan.Created)
	after.ends, after.rounds = plan.ends, plan.rounds
	if plan.probed {
		after.heldSince = m.at
	}
	if plan.Replace > 0 {
		after.replacementsDue += plan.Replace
		after.replaced = append(slices.Clone(m.replaced), replacement{m.at, plan.Replace})
	}
	return &after
}

// WithUnseen returns m, which may be nil, for a look at members that lack n Sandboxes that were created already, because they
// were read from a cache.
func (m *PoolState) WithUnseen(n int) *PoolState {
	if m == nil || n == 0 {
		return m
	}
	after := *m
	after.unseen = n
	return &after
}

// stillDue returns how many replacements are to be created or to be seen, besides those whose predecessors are still
// terminating.
func (m *PoolState) stillDue(leaving int) int {
	if m == nil {
		return 0
	}
	return m.unseen + max(0, m.replacementsDue-leaving)
}

// replacedWithin returns how many members were replaced in the time before now, or at most if that is not known.
func (m *PoolState) replacedWithin(within time.Duration, now time.Time, most int) int {
	if m == nil || now.Sub(m.since) < within {
		return most
	}
	n := 0
	for _, r := range m.replaced {
		if now.Sub(r.at) < within {
			n += r.n
		}
	}
	return min(n, most)
}

// next returns the state of a pool with that plan at the time now, before anything is created or replaced.
func (m *PoolState) next(want int, plan *PoolPlan, limits RefillLimits, now time.Time) *PoolState {
	after := &PoolState{want: want, members: plan.Replicas, tokens: limits.bucket(), since: now, at: now}
	after.lastReady = plan.LastReady
	if m != nil {
		after.since, after.notBefore = m.since, m.notBefore
		after.replacementsDue = min(m.replacementsDue, plan.Create+plan.Terminating)
		after.tokens = min(limits.bucket(), m.tokens+limits.Rate*max(0, now.Sub(m.at)).Seconds())
		after.replaced = slices.DeleteFunc(slices.Clone(m.replaced), func(r replacement) bool { return now.Sub(r.at) >= 2*plan.Grace })
		after.window, after.together = m.window, m.together
		after.ends, after.rounds = m.ends, m.rounds
	}
	if plan.Together {
		after.together, after.heldSince = now, now
		if m != nil && !m.heldSince.IsZero() {
			after.heldSince = m.heldSince
		}
	}
	after.window = limits.nextWindow(after.window, plan)
	return after
}

// readyLast returns when the last member turned Ready, as far as that is remembered.
func (m *PoolState) readyLast() time.Time {
	if m == nil {
		return time.Time{}
	}
	return m.lastReady
}

// rounds counts how often members were replaced because they were not Ready, and none became Ready within the grace
// period after that. Each such round halves the number that is replaced in the next: replacing does not help.
type rounds struct {
	inVain int
	// last is when a member was last replaced for not being Ready.
	last time.Time
}

// next returns the count for what is replaced at the time now, if a member last turned Ready at the time ready.
func (r rounds) next(ready time.Time, grace time.Duration, now time.Time) rounds {
	switch {
	case r.last.IsZero():
	case ready.After(r.last):
		return rounds{}
	case now.Sub(r.last) >= grace:
		return rounds{r.inVain + 1, r.last}
	}
	return r
}

// most returns how many members of a pool of that many may be replaced at a time: a quarter, or less after rounds in
// vain, and at least one.
func (r rounds) most(replicas int) int { return max(1, replicas/4>>r.inVain) }
