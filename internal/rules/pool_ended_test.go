package rules_test

import (
	"slices"
	"testing"
	"time"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// end lets the Pods of these members end now.
func (h *herd) end(members []*sandboxv1.Sandbox) {
	h.set(members, sandboxv1.ConditionFinished, "True", sandboxv1.ReasonPodFailed)
	h.set(members, sandboxv1.ConditionReady, "False", sandboxv1.ReasonPodFailed)
}

// Members whose Pods have ended are replaced at once, a quarter of the pool at a time, and the next when the replacements are
// Ready. It does not matter that they ended together.
func TestMembersWhosePodsHaveEnded(t *testing.T) {
	for name, tc := range map[string]struct {
		replicas, ended int
		went            []int
	}{
		"the only one":        {1, 1, []int{1, 0}},
		"one of many":         {200, 1, []int{1, 0}},
		"all of them":         {200, 200, []int{50, 0, 50, 0, 50, 0, 50, 0}},
		"all of a small pool": {3, 3, []int{1, 0, 1, 0, 1, 0}},
		"all of a large pool": {10_000, 10_000, []int{2500, 0, 2500, 0, 2500, 0, 2500, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHerd(tc.replicas)
			h.starts = true
			h.end(h.members[:tc.ended])
			var went []int
			for range tc.went {
				before := h.deleted
				h.passes(time.Second, time.Second)
				went = append(went, h.deleted-before)
			}
			if !slices.Equal(went, tc.went) {
				t.Errorf("there went %v, want %v", went, tc.went)
			}
			h.passes(time.Second, time.Second)
			if progress := h.pool.Status.Conditions[0]; progress.Reason != "PoolComplete" {
				t.Errorf("in the end it says %s: %s", progress.Reason, progress.Message)
			}
		})
	}
}

// The Pods end as soon as they have started, although some were Ready for a moment. Fewer are replaced each time, and later
// each time. The pool says so, and replaces nothing that is Ready. When Pods no longer end, all is as before.
func TestPodsThatEndAgainAndAgain(t *testing.T) {
	for name, ready := range map[string]bool{"never Ready": false, "Ready for a moment": true} {
		t.Run(name, func(t *testing.T) {
			h := newHerd(16)
			h.end(h.members)
			var went []int
			var after []time.Duration
			last := h.now
			for range 1800 {
				before := h.deleted
				h.now = h.now.Add(time.Second)
				h.pass()
				for _, member := range h.members {
					if fresh := []*sandboxv1.Sandbox{member}; len(member.Status.Conditions) == 0 {
						if ready {
							h.heal(fresh)
						}
						h.end(fresh)
					}
				}
				if n := h.deleted - before; n > 0 {
					went, after = append(went, n), append(after, h.now.Sub(last))
					last = h.now
				}
			}
			if h.deleted > 20 || !slices.Equal(went[:4], []int{4, 2, 1, 1}) {
				t.Errorf("in half an hour there went %d, %v, after %v", h.deleted, went, after)
			}
			if got := after[len(after)-1]; got < 5*time.Minute {
				t.Errorf("the last went after %s, want 5m0s at the least", got)
			}
			if progress := h.pool.Status.Conditions[0]; progress.Reason != "SandboxesEnded" || progress.Status != "False" {
				t.Errorf("it says %s: %s", progress.Reason, progress.Message)
			}
			h.starts = true
			h.passes(time.Minute, 2*time.Hour)
			if progress := h.pool.Status.Conditions[0]; progress.Reason != "PoolComplete" {
				t.Errorf("in the end it says %s: %s", progress.Reason, progress.Message)
			}
		})
	}
}

// Pods that run for an hour and end are replaced as they end, for ever.
func TestPodsThatEndAfterLong(t *testing.T) {
	h := newHerd(8)
	h.starts = true
	for range 50 {
		h.end(h.members)
		h.passes(time.Minute, time.Hour)
		if progress := h.pool.Status.Conditions[0]; progress.Reason != "PoolComplete" {
			t.Fatalf("an hour later it says %s: %s", progress.Reason, progress.Message)
		}
	}
	if h.deleted != 400 {
		t.Errorf("%d were deleted, want 400", h.deleted)
	}
}

// Ended members go before others that are late, and before what can still become Ready when there are too many.
func TestEndedMembersGoFirst(t *testing.T) {
	h := newHerd(4)
	late, ended := h.members[0], h.members[1]
	h.fall(h.members[:1])
	h.now = h.now.Add(time.Hour)
	h.end(h.members[1:2])
	h.pass()
	if !slices.Equal(h.plan.Delete, []*sandboxv1.Sandbox{ended}) {
		t.Errorf("there went %v", h.plan.Delete)
	}
	h.starts = true
	h.passes(time.Minute, 2*time.Minute)
	if slices.Contains(h.members, late) {
		t.Error("the late one is still there")
	}

	h = newHerd(4)
	ended = h.members[3]
	h.fall(h.members[:3])
	h.end(h.members[3:])
	h.pool.Spec.Replicas = new(int32(3))
	h.pass()
	if !slices.Equal(h.plan.Delete, []*sandboxv1.Sandbox{ended}) {
		t.Errorf("there went %v", h.plan.Delete)
	}
}
