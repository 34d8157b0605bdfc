// Package twomanagers tests two managers that both believe to be the leader. It runs with --managers 2 --leader-elect=false.
// The binding of a claim, and not a leader, keeps a claim from getting two Sandboxes, and a Sandbox from getting two claims.
package twomanagers

import (
	"fmt"
	"testing"

	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// Three times, as many claims as the pool has Sandboxes are created at once. A claim may go cold, and the two managers may
// fill the pool beyond its size for a moment. Nothing may be shared.
func TestBursts(t *testing.T) {
	const n = 200
	s := scene.Enter(t)
	if managers := len(s.Managers(t)); managers != 2 {
		t.Fatalf("%d managers run: this test is about 2, see the target e2e of the Makefile", managers)
	}
	s.Pool(t, "python", n)
	for round := range 3 {
		burst := s.Claim(t, "python", n, fmt.Sprintf("round-%d", round))
		s.AwaitReady(t, burst)
		s.AwaitFull(t, "python", n)
		s.LogLatency(t, burst)
		warm, cold, rebound := s.Count(burst)
		t.Logf("round %d: %d warm, %d cold, %d bound again, %d tries in vain", round, warm, cold, rebound, burst.Retries)
		if warm == 0 {
			t.Error("no claim got a warm Sandbox")
		}
		s.History.Check(t)
	}
	s.History.Look(func(h *history.History) {
		t.Logf("the pool created %d Sandboxes for %d claims", h.Created("python"), 3*n)
	})
}
