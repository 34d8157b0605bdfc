package endurance

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

const (
	// rest is for how long nothing may be done. calm is how long nothing has been done before.
	rest, calm = time.Minute, 15 * time.Second
	// own is the namespace with the managers' Leases.
	own = "namesake-system"
	// renewal is how often the leader renews its Lease (--leader-election-retry-period), and note how often each replica makes a note in
	// that of the replicas (Period, in cmd/namesake/internal/replicas).
	renewal, note = 300 * time.Millisecond, 5 * time.Second
)

// leaseWrites returns how many writes of Leases so many managers may make in that time, and one each at its edges.
func leaseWrites(managers int, long time.Duration) int {
	return int(long/renewal) + 1 + managers*(int(long/note)+1)
}

// activity is what the managers have done since their start.
type activity struct{ reconciles float64 }

func activityOf(t *testing.T, managers []*testbed.Manager) activity {
	t.Helper()
	var a activity
	for _, m := range managers {
		a.reconciles += m.ReadMetrics(t).Sum("controller_runtime_reconcile_total")
	}
	return a
}

// checkRest waits until the managers are done, and then looks for a while whether they stay so. Reads are not counted: the auditor lists
// now and then.
func checkRest(t *testing.T, s *scene.Scene, managers []*testbed.Manager) {
	t.Helper()
	last, since := activityOf(t, managers), time.Now()
	err := wait.PollUntilContextTimeout(t.Context(), time.Second, scene.Long, true, func(context.Context) (bool, error) {
		if now := activityOf(t, managers); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) >= calm, nil
	})
	if err != nil {
		t.Fatalf("the managers still reconcile, and nobody wants anything: %v", err)
	}
	began := time.Now()
	after := last
	err = wait.PollUntilContextCancel(t.Context(), time.Second, true, func(context.Context) (bool, error) {
		after = activityOf(t, managers)
		return time.Since(began) >= rest, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	reconciles := after.reconciles - last.reconciles
	writes := writesSince(t, s, began)
	long := time.Since(began) // The record grows while it is read, which takes seconds after many claims.
	allowed := leaseWrites(len(managers), long)
	t.Logf("at rest, %s with %d Sandboxes: %.0f reconciles; writes: %v, of which %d of Leases are the managers' heartbeat",
		long.Round(time.Second), *rate*int(life.Seconds()), reconciles, writes, allowed)
	if reconciles > 0 {
		t.Errorf("%.0f reconciles, want none", reconciles)
	}
	leases := 0
	for call, n := range writes {
		if call == "update leases" || strings.HasPrefix(call, "update leases: 409") {
			leases += n
			continue
		}
		t.Errorf("the managers made a call %q, and nobody wants anything", call)
	}
	if leases > allowed {
		t.Errorf("%d writes of Leases in %s, and %d are the managers' heartbeat", leases, long, allowed)
	}
}

// writesSince returns the managers' writes, in the namespace and in their own, and how often each was made.
func writesSince(t *testing.T, s *scene.Scene, began time.Time) map[string]int {
	t.Helper()
	writes := map[string]int{}
	for _, namespace := range []string{s.Namespace, own} {
		maps.Copy(writes, s.CallsOfManagers(t, namespace, began))
	}
	maps.DeleteFunc(writes, func(call string, _ int) bool {
		verb, _, _ := strings.Cut(call, " ")
		return slices.Contains([]string{"get", "list", "watch"}, verb)
	})
	return writes
}
