package story

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// A warm claim costs the controller two writes until it is Ready: the adoption of the Sandbox, and the claim's status. The
// binding came with the claim. Afterwards the controller notes on the claim when that was, and nobody waits for it.
func TestAWarmClaimCostsTwoWrites(t *testing.T) {
	const n = 50
	s := scene.Enter(t)
	s.Pool(t, "pool", 5)
	before := s.APIServerMetrics(t)
	for i := range n {
		if got := ready(t, s, builder.MakeClaim(fmt.Sprintf("claim-%02d", i)).Pool("pool").Obj()); !got.warm {
			t.Errorf("claim %d did not get a warm Sandbox", i)
		}
		s.AwaitFull(t, "pool", 5) // This also makes sure that later requests are counted.
	}
	awaitNotes(t, s, n)
	after := s.APIServerMetrics(t)
	for _, c := range []struct {
		verb, resource, subresource string
		want                        float64
	}{
		{"PATCH", "sandboxes", "", n},           // adoption; nothing else patches a Sandbox
		{"PATCH", "sandboxclaims", "status", n}, // Ready
		{"PATCH", "sandboxclaims", "", n},       // the note, after that
		{"PUT", "sandboxes", "", 0},
		{"PUT", "sandboxclaims", "", 0},
		{"PUT", "sandboxclaims", "status", 0},
		{"APPLY", "sandboxes", "", 0},
		{"APPLY", "sandboxclaims", "", 0},
		{"APPLY", "sandboxclaims", "status", 0},
		{"POST", "sandboxclaims", "", n}, // the user's own
		{"POST", "sandboxes", "", n},     // the pool's, and not on the claims' path
	} {
		got := writes(after, c.verb, c.resource, c.subresource) - writes(before, c.verb, c.resource, c.subresource)
		if got != c.want {
			t.Errorf("%s %s/%s: %v writes for %d claims, want %v", c.verb, c.resource, c.subresource, got, n, c.want)
		}
		if asked := requests(after, c.verb, c.resource, c.subresource) - requests(before, c.verb, c.resource, c.subresource); asked != got {
			t.Logf("%s %s/%s: %v requests besides were refused, since their view was old", c.verb, c.resource, c.subresource, asked-got)
		}
	}
	for _, c := range [][]string{
		{"PATCH", "sandboxes", "status"}, {"PATCH", "sandboxwarmpools", "status"}, {"POST", "pods", ""}, {"PATCH", "pods", ""},
		{"POST", "events", ""}, {"GET", "sandboxclaims", ""}, {"GET", "sandboxes", ""}, {"GET", "pods", ""},
	} {
		got := requests(after, c[0], c[1], c[2]) - requests(before, c[0], c[1], c[2])
		t.Logf("beside the path, for each claim: %.2f %s %s/%s", got/n, c[0], c[1], c[2])
	}
}

// awaitNotes waits until each of n claims says when it was first Ready. None of them said so when it was first seen Ready.
func awaitNotes(t *testing.T, s *scene.Scene, n int) {
	t.Helper()
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		noted := 0
		for _, claim := range h.Claims {
			if claim.ReadyNote != "" {
				t.Errorf("claim %q was Ready with the note %q: it waited for that", claim.Latest.Name, claim.ReadyNote)
			}
			if _, err := time.Parse(time.RFC3339Nano, claim.Latest.Annotations[sandboxv1.AnnotationClaimFirstReadyAt]); err == nil {
				noted++
			}
		}
		if noted == n {
			return ""
		}
		return fmt.Sprintf("%d of %d claims say when they were first Ready", noted, n)
	})
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
