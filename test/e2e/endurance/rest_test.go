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
)

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
	t.Logf("at rest, %s with %d Sandboxes: %.0f reconciles; writes: %v", rest, *rate*int(life.Seconds()), reconciles, writes)
	if reconciles > 0 {
		t.Errorf("%.0f reconciles, want none", reconciles)
	}
	for call := range writes {
		if !strings.HasSuffix(call, " leases") {
			t.Errorf("the managers made a call %q, and nobody wants anything", call)
		}
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
