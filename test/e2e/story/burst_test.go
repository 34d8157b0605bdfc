// Package story tests the product's main job as its users see it, with one manager and no failures.
package story

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// As many claims as the pool has Sandboxes are created at once. Each gets a warm Sandbox of its own, and the pool is filled
// again without a single Sandbox too many.
func TestAClaimForEachSandboxOfAPoolAtOnce(t *testing.T) {
	const n = 300
	s := scene.Enter(t)
	s.Pool(t, "python", n)
	burst := s.Claim(t, "python", n, "burst")
	s.AwaitReady(t, burst)
	s.AwaitFull(t, "python", n)

	s.LogLatency(t, burst)
	warm, cold, rebound := s.Count(burst)
	t.Logf("%d warm, %d cold, %d bound again, %d tries in vain", warm, cold, rebound, burst.Retries)
	// A manager that did not answer in time has still picked a Sandbox for a claim that does not exist.
	if warm != n && burst.Retries == 0 {
		t.Errorf("%d claims got a warm Sandbox, want all %d", warm, n)
	}
	s.History.Look(func(h *history.History) {
		if created := h.Created("python"); created != n+warm {
			t.Errorf("the pool created %d Sandboxes, want %d and one for each of the %d that were claimed", created, n, warm)
		}
		if len(h.Sandboxes) != 2*n || len(h.Pods) != 2*n {
			t.Errorf("there were %d Sandboxes and %d Pods over the time, want %d of each", len(h.Sandboxes), len(h.Pods), 2*n)
		}
	})
}
