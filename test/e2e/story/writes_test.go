package story

import (
	"fmt"
	"math"
	"testing"
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// The write budget of a pool's member: the Sandbox, its Pod, and its one status, or two if it takes longer than two seconds. None
// is a call of a webhook, since each shows by itself that it is right.
func TestTheWriteBudgetOfAMember(t *testing.T) {
	const n = 50
	s := scene.Enter(t)
	s.Pool(t, "first", 1) // A template is tried with a dry run of its Pod, which the API server counts as well.
	began, m := time.Now(), newMeter(t, s)
	s.Create(t, builder.MakePool("pool").Template("first").Replicas(n).Obj())
	s.AwaitFull(t, "pool", n)
	m.expect(t, n, budget{writes: []writes{
		{"POST", "sandboxes", "", n, n},
		{"POST", "pods", "", n, n},
		{"PATCH", "sandboxes", "status", n, 2 * n},
		{"PATCH", "sandboxwarmpools", "status", 0, perSecond(began) + 1},
	}, calls: map[string]float64{"sandboxwarmpool.validate": 1}})
}

// The write budget of a warm claim and the member that replaces it. The user writes the claim, which admission binds. The
// controller writes two objects until the claim is Ready: the Sandbox that it adopts, and the claim's status. Then come the labels
// of the Pod, and what a new member costs. Nothing else is written but the pool's status, at most once a second.
func TestTheWriteBudgetOfAWarmClaim(t *testing.T) {
	const n = 50
	s := scene.Enter(t)
	s.Pool(t, "pool", 5)
	began, m := time.Now(), newMeter(t, s)
	for i := range n {
		if got := ready(t, s, builder.MakeClaim(fmt.Sprintf("claim-%02d", i)).Pool("pool").Obj()); !got.warm {
			t.Errorf("claim %d did not get a warm Sandbox", i)
		}
		s.AwaitFull(t, "pool", 5) // This also makes sure that later requests are counted.
	}
	m.expect(t, n, budget{writes: []writes{
		{"POST", "sandboxclaims", "", n, n},              // the user's own
		{"PATCH", "sandboxes", "", n, n},                 // adoption
		{"PATCH", "sandboxclaims", "status", n, n},       // Ready
		{"PATCH", "pods", "", n - 1, n},                  // the claim's labels; the last may be on its way
		{"POST", "sandboxes", "", n, n},                  // the replacement
		{"POST", "pods", "", n, n},                       // and its Pod
		{"PATCH", "sandboxes", "status", n - 1, 1.1 * n}, // Ready; more only for one that takes longer than two seconds
		{"PATCH", "sandboxwarmpools", "status", 0, perSecond(began) + 1},
	}, calls: map[string]float64{"sandboxclaim.mutate": n, "sandbox.validate": patched(n)}})
	s.History.Look(func(h *history.History) { // Other tests' namespaces may still be deleted, which the API server counts, too.
		if created := h.Created("pool"); created != 5+n || len(h.Sandboxes) != created {
			t.Errorf("the pool created %d Sandboxes, and there were %d, want %d", created, len(h.Sandboxes), 5+n)
		}
	})
}

// The write budget of a cold claim, and of its end, which is a deletion that the garbage collector carries out.
func TestTheWriteBudgetOfAColdClaim(t *testing.T) {
	const n = 20
	s := scene.Enter(t)
	s.Pool(t, "pool", 0)
	began, m := time.Now(), newMeter(t, s)
	for i := range n {
		if got := ready(t, s, builder.MakeClaim(fmt.Sprintf("claim-%02d", i)).Pool("pool").Obj()); got.warm {
			t.Errorf("claim %d got a warm Sandbox", i)
		}
	}
	m.expect(t, n, budget{writes: []writes{
		{"POST", "sandboxclaims", "", n, n},
		{"PATCH", "sandboxclaims", "", n, n}, // the binding
		{"POST", "sandboxes", "", n, n},
		{"POST", "pods", "", n, n},
		{"PATCH", "sandboxes", "status", n, 2 * n}, // Ready, or two if it takes longer than two seconds
		{"PATCH", "sandboxclaims", "status", n, 2 * n},
		{"PATCH", "sandboxwarmpools", "status", 0, perSecond(began) + 1},
	}, calls: map[string]float64{"sandboxclaim.mutate": n, "sandboxclaim.validate": patched(n), "sandbox.validate": n}})

	m = newMeter(t, s)
	for i := range n {
		s.Delete(t, &extensionsv1.SandboxClaim{}, fmt.Sprintf("claim-%02d", i))
	}
	s.History.Await(t, scene.Long, func(h *history.History) string {
		if sandboxes, claims, pods := h.Left(); sandboxes+claims+pods > 0 {
			return fmt.Sprintf("%d Sandboxes, %d claims and %d Pods are left", sandboxes, claims, pods)
		}
		return ""
	})
	m.expect(t, n, budget{writes: []writes{
		{"PATCH", "sandboxes", "status", 0, n},     // what becomes of the Pod, while it ends
		{"PATCH", "sandboxclaims", "status", 0, n}, // and of the Sandbox
	}})
}

// patched returns how many calls n patches may cost. The API server tries a patch of an object again that was written a moment
// ago, and then calls the webhooks again.
func patched(n float64) float64 { return 1.1 * n }

// perSecond returns how many writes there may be since that time at one a second.
func perSecond(since time.Time) float64 { return math.Ceil(time.Since(since).Seconds()) }
