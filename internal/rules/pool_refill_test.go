package rules_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Each pass reconciles the pool at a time, with a number of wanted and existing Sandboxes. It must create the given
// number and requeue at the given time.
func TestPlanRefill(t *testing.T) {
	type pass struct {
		at          time.Duration
		want, there int
		create      int
		again       time.Duration
	}
	const soon = 20 * time.Millisecond
	for name, tc := range map[string]struct {
		limits rules.RefillLimits
		passes []pass
	}{
		"without limits, in batches": {
			rules.RefillLimits{Batch: 5}, []pass{{0, 12, 0, 5, soon}, {0, 12, 5, 5, soon}, {0, 12, 10, 2, 0}, {0, 12, 12, 0, 0}, {0, 12, 4, 5, soon}},
		},
		"after a loss, the pool waits": {
			rules.RefillLimits{Batch: 100, Delay: 10 * time.Second},
			[]pass{
				{0, 5, 0, 5, 0}, {time.Second, 5, 5, 0, 0},
				{2 * time.Second, 5, 4, 0, 10 * time.Second}, {5 * time.Second, 5, 4, 0, 7 * time.Second}, {12 * time.Second, 5, 4, 1, 0},
			},
		},
		"the wait counts from the first loss": {
			rules.RefillLimits{Batch: 100, Delay: 10 * time.Second},
			[]pass{{0, 5, 5, 0, 0}, {0, 5, 4, 0, 10 * time.Second}, {9 * time.Second, 5, 3, 0, time.Second}, {10 * time.Second, 5, 3, 2, 0}},
		},
		"a claim every two seconds does not run the pool empty": {
			rules.RefillLimits{Batch: 100, Delay: 5 * time.Second},
			[]pass{
				{0, 5, 5, 0, 0}, {2 * time.Second, 5, 4, 0, 5 * time.Second}, {4 * time.Second, 5, 3, 0, 3 * time.Second},
				{6 * time.Second, 5, 2, 0, time.Second}, {7 * time.Second, 5, 2, 3, 0}, {7 * time.Second, 5, 5, 0, 0}, {8 * time.Second, 5, 4, 0, 5 * time.Second},
			},
		},
		"a loss at the very end of the wait is made up for with the others": {
			rules.RefillLimits{Batch: 100, Delay: 5 * time.Second},
			[]pass{{0, 5, 5, 0, 0}, {0, 5, 4, 0, 5 * time.Second}, {5 * time.Second, 5, 3, 2, 0}, {5 * time.Second, 5, 5, 0, 0}, {6 * time.Second, 5, 4, 0, 5 * time.Second}},
		},
		"a pool that is slow to make up for its losses does not wait in between": {
			rules.RefillLimits{Batch: 100, Delay: 5 * time.Second, Rate: 1},
			[]pass{
				{0, 5, 5, 0, 0}, {0, 5, 2, 0, 5 * time.Second}, {5 * time.Second, 5, 2, 1, time.Second}, {5500 * time.Millisecond, 5, 1, 0, 500 * time.Millisecond},
				{6 * time.Second, 5, 1, 1, time.Second}, {7 * time.Second, 5, 2, 1, time.Second},
			},
		},
		"nor is there a wait when the losses have come back": {
			rules.RefillLimits{Batch: 100, Delay: 5 * time.Second},
			[]pass{{0, 5, 5, 0, 0}, {0, 5, 4, 0, 5 * time.Second}, {time.Second, 5, 5, 0, 0}, {time.Minute, 5, 4, 0, 5 * time.Second}},
		},
		"a pool that is new, or is to be larger, does not wait": {
			rules.RefillLimits{Batch: 2, Delay: 10 * time.Second},
			[]pass{{0, 4, 0, 2, soon}, {0, 4, 2, 2, 0}, {0, 4, 3, 1, 0}, {0, 4, 1, 0, 10 * time.Second}, {0, 5, 1, 2, soon}},
		},
		"at a rate, with those of a second at once": {
			rules.RefillLimits{Batch: 100, Rate: 2},
			[]pass{
				{0, 10, 0, 2, 500 * time.Millisecond}, {time.Second / 4, 10, 2, 0, 250 * time.Millisecond}, {time.Second / 2, 10, 2, 1, 500 * time.Millisecond},
				{time.Minute, 10, 3, 2, 500 * time.Millisecond},
			},
		},
		"at a slow rate": {
			rules.RefillLimits{Batch: 100, Rate: 0.1}, []pass{{0, 3, 0, 1, 10 * time.Second}, {10 * time.Second, 3, 1, 1, 10 * time.Second}, {20 * time.Second, 3, 2, 1, 0}},
		},
		"at a rate of next to nothing, an hour is the longest wait": {
			rules.RefillLimits{Batch: 100, Rate: 1e-300}, []pass{{0, 3, 0, 1, time.Hour}, {time.Hour, 3, 1, 0, time.Hour}},
		},
		"at a rate in batches": {
			rules.RefillLimits{Batch: 3, Rate: 5}, []pass{{0, 10, 0, 3, soon}, {0, 10, 3, 2, 200 * time.Millisecond}},
		},
		"a clock that goes back takes nothing away": {
			rules.RefillLimits{Batch: 100, Rate: 1}, []pass{{time.Hour, 3, 0, 1, time.Second}, {0, 3, 1, 0, time.Second}, {time.Second, 3, 1, 1, time.Second}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var memory *rules.PoolState
			for i, p := range tc.passes {
				pool := builder.MakePool("p").Replicas(int32(p.want)).Obj()
				plan := rules.PoolPlan{Create: p.want - p.there, Replicas: p.there}
				var create int
				var again time.Duration
				create, again, memory = rules.PlanRefill(memory, pool, plan, tc.limits, builder.Epoch.Add(p.at))
				if got, want := fmt.Sprint(create, again), fmt.Sprint(p.create, p.again); got != want {
					t.Errorf("pass %d: %s, want %s", i, got, want)
				}
			}
		})
	}
}
