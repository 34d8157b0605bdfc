package story

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// budget is what something may cost the API server.
type budget struct {
	// requests are those of the managers in the namespace, as testbed.Bed.CallsOfManagers names them. A request that is not named is
	// not made, whatever it asks for, and whatever the answer is.
	requests map[string]span
	// calls are those of each webhook by its name, for whoever writes. A webhook that is not named is not called.
	calls map[string]float64
}

// span is how many there are at least and at most.
type span struct{ least, most float64 }

func exactly(n float64) span { return span{n, n} }

func atMost(n float64) span { return span{0, n} }

// perSecond is one a second, of which the first may have been due before.
var perSecond = span{0, math.Inf(1)}

// within returns what s comes to in the time that something took.
func (s span) within(took time.Duration) span {
	if s == perSecond {
		return atMost(math.Ceil(took.Seconds()) + 1)
	}
	return s
}

// What the API server answers a write that was decided on an old view: to one on a version, and to one that tests what it finds.
const (
	staleVersion = "409 Conflict"
	staleState   = "422 Unprocessable Entity"
	// lostRaces is how many such writes there may be for each.
	lostRaces = 0.1
)

// reads is how many reads of a kind there may be for each beside. What does not fit together in the cache is read past it, and so is what
// was written where the cache is about a second behind, as on a slow machine (package retry). The auditor looks every half minute at what
// its cache shows, and reads what seems wrong there before it tells.
const reads = 0.5

// webhooks are those of the product, but for the probe's.
var webhooks = []string{
	"pod.mutate", "sandbox.mutate", "sandboxclaim.mutate", "pod.validate", "sandbox.validate", "sandboxclaim.validate",
	"sandboxclaim-status.validate", "sandboxtemplate.validate", "sandboxwarmpool.validate",
}

// meter reads what n things cost, from its creation on.
type meter struct {
	scene  *scene.Scene
	began  time.Time
	before testbed.Metrics
}

func newMeter(t *testing.T, s *scene.Scene) meter {
	t.Helper()
	return meter{s, time.Now(), s.APIServerMetrics(t)}
}

// expect compares with b what n things have cost since. What has to come may come late.
func (m meter) expect(t *testing.T, n float64, b budget) {
	t.Helper()
	requests := m.await(t, b.requests)
	lost := 0.0
	for _, name := range slices.Sorted(maps.Keys(requests)) {
		got, allowed := float64(requests[name]), b.requests[name].within(time.Since(m.began))
		t.Logf("%s: %.2f for each", name, got/n)
		if _, answer, _ := strings.Cut(name, ": "); answer == staleVersion || answer == staleState {
			lost += got
			continue
		}
		if strings.HasPrefix(name, "get ") {
			allowed.most += reads * n
		}
		if got < allowed.least || got > allowed.most {
			t.Errorf("%s: %v for %v, want %v to %v", name, got, n, allowed.least, allowed.most)
		}
	}
	if lost > lostRaces*n {
		t.Errorf("%v writes were refused since their view was old, for %v: want at most %v", lost, n, lostRaces*n)
	}
	after := m.scene.APIServerMetrics(t)
	for _, name := range webhooks {
		got := calls(after, name) - calls(m.before, name)
		if got > 0 {
			t.Logf("calls of %s: %.2f for each", name, got/n)
		}
		if got > b.calls[name] {
			t.Errorf("calls of %s: %v for %v, want at most %v", name, got, n, b.calls[name])
		}
	}
}

// await returns the requests of the managers once there are as many as there must be, or Soon has passed. It names all that are wanted.
func (m meter) await(t *testing.T, wanted map[string]span) map[string]int {
	t.Helper()
	var requests map[string]int
	enough := func(context.Context) (bool, error) {
		requests = m.scene.CallsOfManagers(t, m.scene.Namespace, m.began)
		for name, allowed := range wanted {
			requests[name] += 0
			if float64(requests[name]) < allowed.least {
				return false, nil
			}
		}
		return true, nil
	}
	// What is missing in the end, expect reports.
	_ = wait.PollUntilContextTimeout(t.Context(), time.Second/10, scene.Soon, true, enough)
	return requests
}

// inBetween is how many writes more the status of an object costs that is not Ready within the quiet start: one says of a Sandbox that its
// Pod waits for a node, and of a claim that its Sandbox has not said anything; the next, that the Pod has a node, or what the Sandbox says.
const inBetween = 2

// sandboxStatuses returns how many writes of their statuses n new Sandboxes may cost: one, and those in between for each that was not Ready
// within the quiet start. That begins when the manager sees the Sandbox, and times in objects are in whole seconds: a quarter may be on the
// edge.
func (m meter) sandboxStatuses(n float64) span {
	most := n + n/4
	m.scene.History.Look(func(h *history.History) {
		for _, sandbox := range h.Sandboxes {
			if m.tookLong(sandbox.Latest.CreationTimestamp, sandbox.Latest.Status.Conditions) {
				most += inBetween
			}
		}
	})
	return span{n, most}
}

// claimStatuses is sandboxStatuses for n new claims.
func (m meter) claimStatuses(n float64) span {
	most := n
	m.scene.History.Look(func(h *history.History) {
		for _, claim := range h.Claims {
			if m.tookLong(claim.Latest.CreationTimestamp, claim.Latest.Status.Conditions) {
				most += inBetween
			}
		}
	})
	return span{n, most}
}

// tookLong reports whether an object is of the meter's time, and took longer than the quiet start until it was Ready. Times in
// objects are in whole seconds.
func (m meter) tookLong(created metav1.Time, conditions []metav1.Condition) bool {
	ready := apimeta.FindStatusCondition(conditions, extensionsv1.ConditionReady)
	return !created.Before(&metav1.Time{Time: m.began.Truncate(time.Second)}) &&
		(ready == nil || ready.Reason == sandboxv1.ReasonPending || ready.LastTransitionTime.Sub(created.Time) >= rules.DefaultQuietStart)
}

// calls counts how often the API server called a webhook.
func calls(m testbed.Metrics, name string) float64 {
	return m.Sum("apiserver_admission_webhook_request_total", fmt.Sprintf(`name="%s.namesake.agents.x-k8s.io"`, name))
}

// patched returns how many calls n patches may cost. The API server tries a patch of an object again that was written a moment
// ago, and then calls the webhooks again.
func patched(n float64) float64 { return 1.1 * n }
