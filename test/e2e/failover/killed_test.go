// Package failover tests managers that are killed while claims are created. It runs with --managers 2, which elect a leader.
// Whatever a manager has begun, another one finishes.
package failover

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// claims is how many claims are created at once.
const claims = 100

// First the test kills the leader in the middle of a burst, and the other manager takes over. Then it kills all managers, so
// that nobody answers the API server for a while. The managers come back, and every claim becomes Ready. In the end they are
// told to stop. This test is the last of its package, since the managers that it starts end with it.
func TestKilledManagers(t *testing.T) {
	s := scene.Enter(t)
	managers := s.Managers(t)
	if len(managers) != 2 {
		t.Fatalf("%d managers run: this test is about 2, see the target e2e of the Makefile", len(managers))
	}
	s.Pool(t, "python", claims)
	claimWithoutLeader(t, s, managers)
	claimsSurviveTheLeader(t, s, managers)
	survive(t, s, "leader", func() { killAndStart(t, leader(t, managers)) })
	survive(t, s, "all", func() { killAndStart(t, managers...) })
	stopInTime(t, managers)
}

func killAndStart(t *testing.T, managers ...*testbed.Manager) {
	t.Helper()
	for _, m := range managers {
		m.Kill(t)
	}
	for _, m := range managers {
		m.Start(t)
	}
	for _, m := range managers {
		m.AwaitReady(t)
	}
}

const (
	// promised is how long a claim waits at most if the leader is killed when it comes in, on a machine that is not busy.
	promised = 5 * time.Second
	// bound is how long the test lets it wait.
	bound = 3 * promised
)

// claimWithoutLeader kills the leader, and checks that a claim that comes in then does not wait for long.
func claimWithoutLeader(t *testing.T, s *scene.Scene, managers []*testbed.Manager) {
	t.Helper()
	killed := leader(t, managers)
	began := time.Now()
	killed.Kill(t)
	s.AwaitReady(t, s.Claim(t, "python", 1, "orphan"))
	took := time.Since(began)
	t.Logf("a claim was Ready %s after the leader was killed; %s are promised", took.Round(time.Millisecond), promised)
	if took > bound {
		t.Errorf("a claim was Ready %s after the leader was killed, want %s", took, bound)
	}
	killed.Start(t)
	killed.AwaitReady(t)
	s.AwaitFull(t, "python", claims)
}

// leader returns the manager that leads.
func leader(t *testing.T, managers []*testbed.Manager) *testbed.Manager {
	t.Helper()
	for _, m := range managers {
		if m.Leads(t) {
			return m
		}
	}
	t.Fatal("no manager says that it leads")
	return nil
}

// survive creates claims, calls disaster as soon as one of them is Ready, and checks that each becomes Ready.
func survive(t *testing.T, s *scene.Scene, series string, disaster func()) {
	t.Helper()
	bursts := make(chan *scene.Burst, 1)
	go func() { bursts <- s.Claim(t, "python", claims, series) }()
	s.History.Await(t, scene.Long, func(h *history.History) string {
		for _, claim := range h.Claims {
			if claim.Ready() && strings.HasPrefix(claim.Latest.Name, series) {
				return ""
			}
		}
		return "no claim is Ready"
	})
	s.History.Look(func(h *history.History) { t.Logf("%s: %s", series, progress(h, series)) })
	disaster()
	burst := <-bursts
	s.AwaitReady(t, burst)
	s.AwaitFull(t, "python", claims)
	s.LogLatency(t, burst)
	warm, cold, rebound := s.Count(burst)
	t.Logf("%s: %d warm, %d cold, %d bound again, %d tries in vain", series, warm, cold, rebound, burst.Retries)
	s.History.Check(t)
}

// progress returns how far the claims of a series are.
func progress(h *history.History, series string) string {
	seen, ready := 0, 0
	for _, claim := range h.Claims {
		if strings.HasPrefix(claim.Latest.Name, series) {
			seen++
			if claim.Ready() {
				ready++
			}
		}
	}
	return fmt.Sprintf("of %d claims %d are there, %d of them Ready", claims, seen, ready)
}
