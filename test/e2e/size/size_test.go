// Package size measures how much memory the manager needs. It measures a manager without the race detector, which takes
// several times as much.
package size

import (
	"testing"

	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

const mebibyte = 1 << 20

// A pool of a thousand Sandboxes and hundreds of claims on it take less than 100 MiB.
func TestAThousandSandboxesBelow100MiB(t *testing.T) {
	const (
		sandboxes = 1000
		claims    = 100
		limit     = 100 * mebibyte
	)
	s := scene.Enter(t)
	manager := s.Managers(t)[0]
	if manager.Raced(t) {
		t.Fatal("the manager was built with the race detector, which takes memory of its own: run this without --race")
	}
	t.Logf("with nothing to do: %d MiB", manager.Resident(t)/mebibyte)
	s.Pool(t, "python", sandboxes-claims)
	t.Logf("with a pool of %d: %d MiB", sandboxes-claims, manager.Resident(t)/mebibyte)
	burst := s.Claim(t, "python", claims, "claim")
	s.AwaitReady(t, burst)
	s.AwaitFull(t, "python", sandboxes-claims)
	s.LogLatency(t, burst)
	got := manager.Resident(t)
	t.Logf("with %d Sandboxes, %d of them claimed: %d MiB", sandboxes, claims, got/mebibyte)
	if got >= limit {
		t.Errorf("the manager has %d MiB with %d Sandboxes, want less than %d", got/mebibyte, sandboxes, limit/mebibyte)
	}
}
