package story

import (
	"fmt"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// The write budget of a warm claim and the member that replaces it. The user writes the claim, which admission binds. The
// controller writes two objects until the claim is Ready: the Sandbox that it adopts, and the claim's status. Then come the labels
// of the Pod, and what a new member costs: the Sandbox, its Pod, its one status. Nothing else is written but the pool's status,
// at most once a second.
func TestTheWriteBudgetOfAWarmClaim(t *testing.T) {
	const n = 50
	s := scene.Enter(t)
	s.Pool(t, "pool", 5)
	began, before := time.Now(), s.APIServerMetrics(t)
	for i := range n {
		if got := ready(t, s, builder.MakeClaim(fmt.Sprintf("claim-%02d", i)).Pool("pool").Obj()); !got.warm {
			t.Errorf("claim %d did not get a warm Sandbox", i)
		}
		s.AwaitFull(t, "pool", 5) // This also makes sure that later requests are counted.
	}
	after := s.APIServerMetrics(t)
	seconds := math.Ceil(time.Since(began).Seconds())
	for _, c := range []struct {
		verb, resource, subresource string
		least, most                 float64
	}{
		{"POST", "sandboxclaims", "", n, n},              // the user's own
		{"PATCH", "sandboxes", "", n, n},                 // adoption
		{"PATCH", "sandboxclaims", "status", n, n},       // Ready
		{"PATCH", "pods", "", n - 1, n},                  // the claim's labels; the last may be on its way
		{"POST", "sandboxes", "", n, n},                  // the replacement
		{"POST", "pods", "", n, n},                       // and its Pod
		{"PATCH", "sandboxes", "status", n - 1, 1.1 * n}, // Ready; more only for one that takes longer than two seconds
		{"PATCH", "sandboxwarmpools", "status", 0, seconds + 1},
		{"PATCH", "sandboxclaims", "", 0, 0},
		{"PUT", "sandboxes", "", 0, 0},
		{"PUT", "sandboxclaims", "", 0, 0},
		{"PUT", "sandboxclaims", "status", 0, 0},
		{"APPLY", "sandboxes", "", 0, 0},
		{"APPLY", "sandboxclaims", "", 0, 0},
		{"APPLY", "sandboxclaims", "status", 0, 0},
	} {
		got := writes(after, c.verb, c.resource, c.subresource) - writes(before, c.verb, c.resource, c.subresource)
		t.Logf("%s %s/%s: %.2f for each claim", c.verb, c.resource, c.subresource, got/n)
		if got < c.least || got > c.most {
			t.Errorf("%s %s/%s: %v writes for %d claims, want %v to %v", c.verb, c.resource, c.subresource, got, n, c.least, c.most)
		}
		if asked := requests(after, c.verb, c.resource, c.subresource) - requests(before, c.verb, c.resource, c.subresource); asked != got {
			t.Logf("%s %s/%s: %v requests besides were refused, since their view was old", c.verb, c.resource, c.subresource, asked-got)
		}
	}
	s.History.Look(func(h *history.History) { // Other tests' namespaces may still be deleted, which the API server counts, too.
		if created := h.Created("pool"); created != 5+n || len(h.Sandboxes) != created {
			t.Errorf("the pool created %d Sandboxes, and there were %d, want %d", created, len(h.Sandboxes), 5+n)
		}
	})
	for _, c := range [][]string{{"POST", "events", ""}, {"GET", "sandboxclaims", ""}, {"GET", "sandboxes", ""}, {"GET", "pods", ""}} {
		got := requests(after, c[0], c[1], c[2]) - requests(before, c[0], c[1], c[2])
		t.Logf("besides, for each claim: %.2f %s %s/%s", got/n, c[0], c[1], c[2])
	}
}

// writes counts the requests of that kind that the API server carried out.
func writes(m testbed.Metrics, verb, resource, subresource string) float64 {
	carriedOut := 0.0
	for _, code := range []int{http.StatusOK, http.StatusCreated} {
		carriedOut += m.Sum("apiserver_request_total", fmt.Sprintf("verb=%q", verb), fmt.Sprintf("resource=%q", resource),
			fmt.Sprintf("subresource=%q", subresource), fmt.Sprintf(`code="%d"`, code))
	}
	return carriedOut
}

// requests counts the requests of that kind that the API server answered, whatever the answer.
func requests(m testbed.Metrics, verb, resource, subresource string) float64 {
	return m.Sum("apiserver_request_total",
		fmt.Sprintf("verb=%q", verb), fmt.Sprintf("resource=%q", resource), fmt.Sprintf("subresource=%q", subresource))
}
