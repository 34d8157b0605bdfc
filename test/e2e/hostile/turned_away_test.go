package hostile

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/schedule"
)

// An API server that turns most of the managers' requests away is not the end: a burst of claims is served, soon. Nobody sleeps as long as
// the API server says after a burst, and no webhook waits for a seat that the request has for which it was called.
func TestTurnedAway(t *testing.T) {
	const claims, members = 100, 50
	w := enter(t)
	namespace, began := w.Namespace(t), time.Now()
	w.pool(t, namespace, members, nil)
	w.awaitReady(t, namespace, members)
	w.reject(t)
	w.claimsAt(t, namespace, poolName, schedule.Burst(claims))
	awaited(t, "the claims to be Ready, and the pool to be full", func(ctx context.Context) (bool, error) {
		return w.served(ctx, namespace, claims, members)
	})
	if calls := w.CallsOfManagers(t, namespace, began); !answered(calls, http.StatusTooManyRequests) {
		t.Errorf("no call was turned away: %v", calls)
	}
	if w.ended() {
		t.Error("a manager has ended")
	}
}
