// Package size measures how much memory the manager needs. It measures a manager without the race detector, which takes
// several times as much.
package size

import (
	"flag"
	"testing"

	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

const mebibyte = 1 << 20

// sandboxes is how many Sandboxes there are. docs/operations.md has the figures for some numbers.
var sandboxes = flag.Int("sandboxes", 1000, "how many Sandboxes the manager has")

// A manager with nothing to do takes less than idle, and each Sandbox with its Pod, its place in a pool and the garbage of it
// all takes less than each.
const (
	idle = 60 * mebibyte
	each = 40 << 10
)

// A pool of a thousand Sandboxes and a hundred claims on it take less than 100 MiB.
func TestAThousandSandboxesBelow100MiB(t *testing.T) {
	const claims = 100
	sandboxes, limit := *sandboxes, idle+*sandboxes*each
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
