package rules_test

import (
	"testing"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The pool creates a few Sandboxes, and more when these have Pods. Each look has how many members have a Pod, lack one
// without a word, and were refused one, and how many Sandboxes the pool then creates.
func TestPlanRefillProbes(t *testing.T) {
	type look struct{ withPod, unproven, refused, create int }
	for name, tc := range map[string]struct {
		want   int
		probes int
		looks  []look
	}{
		"a small pool starts at once":                   {4, 4, []look{{create: 4}}},
		"a large pool doubles":                          {1000, 4, []look{{0, 0, 0, 4}, {0, 4, 0, 0}, {4, 0, 0, 4}, {8, 0, 0, 8}, {16, 0, 0, 16}, {20, 12, 0, 8}}},
		"up to a batch":                                 {1000, 4, []look{{500, 0, 0, 128}, {500, 128, 0, 0}, {600, 28, 0, 100}}},
		"nothing is accepted":                           {10_000, 4, []look{{0, 0, 0, 4}, {0, 3, 1, 0}, {0, 0, 4, 0}, {0, 0, 4, 0}}},
		"a part is accepted":                            {10_000, 4, []look{{0, 0, 0, 4}, {4, 0, 0, 4}, {5, 0, 3, 1}, {5, 0, 4, 0}}},
		"when room is made, it begins anew":             {10_000, 4, []look{{64, 0, 0, 64}, {64, 50, 14, 0}, {70, 0, 58, 0}, {128, 0, 0, 128}}},
		"claims take all: the pool is filled as before": {300, 4, []look{{300, 0, 0, 0}, {0, 0, 0, 128}}},
		"one fewer is missing than there is room for":   {5, 4, []look{{4, 0, 0, 1}}},
		"without a limit":                               {1000, 0, []look{{0, 0, 0, 128}, {0, 128, 100, 128}}},
	} {
		t.Run(name, func(t *testing.T) {
			pool := builder.MakePool("p").Replicas(int32(tc.want)).Obj()
			var memory *rules.PoolState
			for i, l := range tc.looks {
				there := l.withPod + l.unproven + l.refused
				plan := rules.PoolPlan{Create: tc.want - there, Replicas: there, WithPod: l.withPod, Unproven: l.unproven, Refused: l.refused}
				var create int
				create, _, memory = rules.PlanRefill(memory, pool, plan, rules.RefillLimits{Batch: 128, Probes: tc.probes}, builder.Epoch)
				if create != l.create {
					t.Errorf("look %d: %d created, want %d", i, create, l.create)
				}
			}
		})
	}
}
