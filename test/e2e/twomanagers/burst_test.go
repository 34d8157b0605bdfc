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
// fill the pool beyond its size for a moment. No Sandbox may be shared. Each manager picks from a share of the pool, so few claims
// are bound again: about a fifth, if they picked at random. With -short it is twice.
func TestBursts(t *testing.T) {
	n, rounds := 200, 3
	if testing.Short() {
		rounds = 2
	}
	s := scene.Enter(t)
	if managers := len(s.Managers(t)); managers != 2 {
		t.Fatalf("%d managers run: this test is about 2, see the target e2e of the Makefile", managers)
	}
	s.Pool(t, "python", n)
	again := 0
	for round := range rounds {
		burst := s.Claim(t, "python", n, fmt.Sprintf("round-%d", round))
		s.AwaitReady(t, burst)
		s.AwaitFull(t, "python", n)
		s.LogLatency(t, burst)
		warm, cold, rebound := s.Count(burst)
		t.Logf("round %d: %d warm, %d cold, %d bound again, %d tries in vain", round, warm, cold, rebound, burst.Retries)
		again += rebound
		if warm == 0 {
			t.Error("no claim got a warm Sandbox")
		}
		s.History.Check(t)
	}
	if again > rounds*n/10 {
		t.Errorf("%d of %d claims were bound again: the managers do not share the pool", again, rounds*n)
	}
	s.History.Look(func(h *history.History) {
		t.Logf("the pool created %d Sandboxes for %d claims, of which %d were bound again", h.Created("python"), rounds*n, again)
	})
}
