package story

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// budget is what something may cost the API server.
type budget struct {
	// writes are those of each kind. A kind that is not named here, and that controllers could write, is not written.
	writes []writes
	// calls are those of each webhook by its name. A webhook that is not named is not called.
	calls map[string]float64
}

// writes are the requests of a kind that the API server carries out.
type writes struct {
	verb, resource, subresource string
	least, most                 float64
}

// written are the kinds of writes that a budget allows or forbids.
var written = []writes{
	{verb: "POST", resource: "sandboxclaims"},
	{verb: "PATCH", resource: "sandboxclaims"},
	{verb: "PUT", resource: "sandboxclaims"},
	{verb: "APPLY", resource: "sandboxclaims"},
	{verb: "PATCH", resource: "sandboxclaims", subresource: "status"},
	{verb: "PUT", resource: "sandboxclaims", subresource: "status"},
	{verb: "APPLY", resource: "sandboxclaims", subresource: "status"},
	{verb: "POST", resource: "sandboxes"},
	{verb: "PATCH", resource: "sandboxes"},
	{verb: "PUT", resource: "sandboxes"},
	{verb: "APPLY", resource: "sandboxes"},
	{verb: "PATCH", resource: "sandboxes", subresource: "status"},
	{verb: "PUT", resource: "sandboxes", subresource: "status"},
	{verb: "APPLY", resource: "sandboxes", subresource: "status"},
	{verb: "PATCH", resource: "sandboxwarmpools", subresource: "status"},
	{verb: "PUT", resource: "sandboxwarmpools", subresource: "status"},
	{verb: "POST", resource: "pods"},
	{verb: "PATCH", resource: "pods"},
	{verb: "PUT", resource: "pods"},
}

// webhooks are those of the product, but for the probe's.
var webhooks = []string{
	"pod.mutate", "sandbox.mutate", "sandboxclaim.mutate", "pod.validate", "sandbox.validate", "sandboxclaim.validate",
	"sandboxclaim-status.validate", "sandboxtemplate.validate", "sandboxwarmpool.validate",
}

// meter reads what n things cost, from its creation on.
type meter struct {
	scene  *scene.Scene
	before testbed.Metrics
}

func newMeter(t *testing.T, s *scene.Scene) meter {
	t.Helper()
	return meter{s, s.APIServerMetrics(t)}
}

// expect compares with b what n things have cost since.
func (m meter) expect(t *testing.T, n float64, b budget) {
	t.Helper()
	after := m.scene.APIServerMetrics(t)
	for _, kind := range written {
		allowed := kind
		for _, w := range b.writes {
			if w.verb == kind.verb && w.resource == kind.resource && w.subresource == kind.subresource {
				allowed = w
			}
		}
		got, asked := kind.in(after)-kind.in(m.before), kind.askedFor(after)-kind.askedFor(m.before)
		if got > 0 || allowed.most > 0 {
			t.Logf("%s: %.2f for each", kind, got/n)
		}
		if got < allowed.least || got > allowed.most {
			t.Errorf("%s: %v writes for %v, want %v to %v", kind, got, n, allowed.least, allowed.most)
		}
		if asked != got {
			t.Logf("%s: %v requests besides were refused, since their view was old", kind, asked-got)
		}
	}
	for _, name := range webhooks {
		got := calls(after, name) - calls(m.before, name)
		if got > 0 {
			t.Logf("calls of %s: %.2f for each", name, got/n)
		}
		if got > b.calls[name] {
			t.Errorf("calls of %s: %v for %v, want at most %v", name, got, n, b.calls[name])
		}
	}
	for _, kind := range []writes{
		{verb: "POST", resource: "events"}, {verb: "GET", resource: "sandboxclaims"}, {verb: "GET", resource: "sandboxes"},
		{verb: "GET", resource: "pods"},
	} {
		t.Logf("besides, for each: %.2f %s", (kind.askedFor(after)-kind.askedFor(m.before))/n, kind)
	}
}

// String returns what the kind is called.
func (w writes) String() string { return fmt.Sprintf("%s %s/%s", w.verb, w.resource, w.subresource) }

// in counts the requests of this kind that the API server carried out.
func (w writes) in(m testbed.Metrics) float64 {
	carriedOut := 0.0
	for _, code := range []int{http.StatusOK, http.StatusCreated} {
		carriedOut += w.askedFor(m, fmt.Sprintf(`code="%d"`, code))
	}
	return carriedOut
}

// askedFor counts the requests of this kind that the API server answered, whatever the answer.
func (w writes) askedFor(m testbed.Metrics, labels ...string) float64 {
	return m.Sum("apiserver_request_total", append(labels, fmt.Sprintf("verb=%q", w.verb), fmt.Sprintf("resource=%q", w.resource),
		fmt.Sprintf("subresource=%q", w.subresource))...)
}

// calls counts how often the API server called a webhook.
func calls(m testbed.Metrics, name string) float64 {
	return m.Sum("apiserver_admission_webhook_request_total", fmt.Sprintf(`name="%s.namesake.agents.x-k8s.io"`, name))
}
