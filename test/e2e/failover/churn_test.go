package failover

import (
	"flag"
	"fmt"
	"testing"

	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

const (
	// perSeries is how many claims come and go at once, and as many Sandboxes the pool has.
	perSeries = 100
	// perLook is after how many claims the standby's memory is looked at.
	perLook = 1000
	// maxGrowth is how much the live heap may grow from one look to a later one. A replica remembers each event for up to twelve
	// minutes, to count repetitions (client-go). What is kept for each claim would add up.
	maxGrowth = 1.5
)

// ofStandby is how many claims come and go. The target test-hostile of the Makefile asks for more.
var ofStandby = flag.Int("claims", 200, "claims that come and go before a standby is looked at")

// A standby has no work queue but that for claims on their way. Whatever comes and goes before its election leaves nothing behind:
// neither keys nor memory.
func TestAStandbyQueuesNothing(t *testing.T) {
	s := scene.Enter(t)
	leader, standby := pair(t, s)
	s.Pool(t, "python", perSeries)
	var heaps []float64
	for done := 0; done < *ofStandby; {
		s.AwaitReady(t, s.Claim(t, "python", perSeries, fmt.Sprintf("series-%d", done/perSeries)))
		s.DeleteClaims(t)
		s.AwaitFull(t, "python", perSeries)
		s.History.Await(t, scene.Long, allGone)
		if done += perSeries; done%perLook == 0 {
			metrics := standby.ReadMetrics(t)
			heaps = append(heaps, metrics.Sum("go_gc_heap_live_bytes"))
			t.Logf("after %d claims the standby's live heap has %.1f MiB, its work queues %v keys", done,
				heaps[len(heaps)-1]/(1<<20), metrics.Sum("workqueue_depth"))
		}
	}
	if !leader.Leads(t) || leader.ReadMetrics(t).Sum("workqueue_adds_total") == 0 {
		t.Fatal("the leader has changed, or has no metrics of its work queues")
	}
	metrics := standby.ReadMetrics(t)
	depth, serving := metrics.Sum("workqueue_depth"), metrics.Sum("workqueue_adds_total", `name="sandboxclaim-serving"`)
	others := metrics.Sum("workqueue_adds_total") - serving
	t.Logf("after %d claims the standby's work queues have %v keys; that for claims on their way was given %v, others %v",
		*ofStandby, depth, serving, others)
	if depth != 0 || others != 0 {
		t.Errorf("the standby's work queues have %v keys, and others than that for claims on their way were given %v: want none", depth, others)
	}
	for _, heap := range heaps {
		if heap > maxGrowth*heaps[0] {
			t.Errorf("the standby's live heap grew from %.1f to %.1f MiB, with as many objects as before", heaps[0]/(1<<20), heap/(1<<20))
		}
	}
}

// allGone returns "" when no claim is left, and no Pod but those of a full pool.
func allGone(h *history.History) string {
	_, claims, pods := h.Left()
	if claims == 0 && pods == perSeries {
		return ""
	}
	return fmt.Sprintf("%d claims and %d Pods are left", claims, pods)
}
