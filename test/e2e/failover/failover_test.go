// Package failover is managers that are killed while claims come in: run with --managers 2, which elect a leader. Whatever
// a manager had begun, another one ends.
package failover

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// claims is how many come in at once.
const claims = 100

// The leader is killed in the middle of a burst: the other manager takes over.
func TestTheLeaderIsKilled(t *testing.T) {
	s := scene.Enter(t)
	managers := s.Managers(t)
	if len(managers) != 2 {
		t.Fatalf("%d managers run: this test is about 2, see the target e2e of the Makefile", len(managers))
	}
	survive(t, s, func() {
		dead := leader(t, managers)
		dead.Kill(t)
		dead.Start(t)
		dead.AwaitReady(t)
	})
}

// leader returns the manager that leads.
func leader(t *testing.T, managers []*testbed.Manager) *testbed.Manager {
	t.Helper()
	for _, m := range managers {
		if m.ReadMetrics(t).Sum("leader_election_master_status") == 1 {
			return m
		}
	}
	t.Fatal("no manager says that it leads")
	return nil
}

// survive lets claims come in, brings the disaster upon them as soon as some are bound, and checks that each becomes Ready.
func survive(t *testing.T, s *scene.Scene, disaster func()) {
	t.Helper()
	s.Pool(t, "python", claims)
	struck := make(chan struct{})
	go func() {
		defer close(struck)
		s.History.Await(t, scene.Long, func(h *history.History) string {
			for _, claim := range h.Claims {
				if claim.Ready() {
					return ""
				}
			}
			return "no claim is Ready"
		})
		disaster()
	}()
	burst := s.ClaimStubbornly(t, "python", claims, "claim")
	<-struck
	s.AwaitReady(t, burst)
	s.AwaitFull(t, "python", claims)
	s.LogLatency(t, burst)
	warm, cold, rebound := s.Count(burst)
	t.Logf("%d warm, %d cold, %d bound again", warm, cold, rebound)
}
