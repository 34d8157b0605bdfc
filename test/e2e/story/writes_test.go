package story

import (
	"fmt"
	"testing"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// The write budget of a pool's member: the Sandbox, its Pod, and its one status, or three if it takes longer than two seconds. None
// is a call of a webhook, since each shows by itself that it is right.
func TestTheWriteBudgetOfAMember(t *testing.T) {
	const n = 50
	s := scene.Enter(t)
	s.Pool(t, "first", 1) // A template is tried with a dry run of its Pod, which the API server counts as well.
	m := newMeter(t, s)
	s.Create(t, builder.MakePool("pool").Template("first").Replicas(n).Obj())
	s.AwaitFull(t, "pool", n)
	m.expect(t, n, budget{requests: map[string]span{
		"create sandboxes":              exactly(n),
		"create pods":                   exactly(n),
		"patch sandboxes/status":        m.sandboxStatuses(n),
		"patch sandboxwarmpools/status": perSecond,
		"list sandboxes":                atMost(2), // Somebody who led before may have created some; and once all are there.
	}, calls: map[string]float64{"sandboxwarmpool.validate": 1}})
}

// The write budget of a warm claim and the member that replaces it. The user writes the claim, which admission binds. The
// controller writes two objects until the claim is Ready: the Sandbox that it adopts, and the claim's status. Then come the labels
// of the Pod, and what a new member costs. Nothing else is written but the pool's status, at most once a second.
func TestTheWriteBudgetOfAWarmClaim(t *testing.T) {
	const n = 50
	s := scene.Enter(t)
	s.Pool(t, "pool", 5)
	m := newMeter(t, s)
	for i := range n {
		if got := ready(t, s, builder.MakeClaim(fmt.Sprintf("claim-%02d", i)).Pool("pool").Obj()); !got.warm {
			t.Errorf("claim %d did not get a warm Sandbox", i)
		}
		s.AwaitFull(t, "pool", 5) // This also makes sure that later requests are counted.
	}
	m.expect(t, n, budget{requests: map[string]span{
		"patch sandboxes":               exactly(n), // adoption
		"patch sandboxclaims/status":    exactly(n), // Ready
		"patch pods":                    exactly(n), // the claim's labels
		"create sandboxes":              exactly(n), // the replacement
		"create pods":                   exactly(n), // and its Pod
		"patch sandboxes/status":        m.sandboxStatuses(n),
		"patch sandboxwarmpools/status": perSecond,
		"create events":                 exactly(n),
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
	ready(t, s, builder.MakeClaim("first").Pool("pool").Obj()) // Then the template's own writes are done, too.
	m := newMeter(t, s)
	for i := range n {
		if got := ready(t, s, builder.MakeClaim(fmt.Sprintf("claim-%02d", i)).Pool("pool").Obj()); got.warm {
			t.Errorf("claim %d got a warm Sandbox", i)
		}
	}
	m.expect(t, n, budget{requests: map[string]span{
		"get sandboxes: 404 Not Found":  exactly(n), // there is none of the claim's name
		"get sandboxclaims":             {n, 2 * n}, // admission of the Sandbox, which may not trust a cache; and as below
		"get sandboxes":                 atMost(n),  // the Sandbox is not in the cache yet
		"patch sandboxclaims":           exactly(n), // the binding
		"create sandboxes":              exactly(n),
		"create pods":                   exactly(n),
		"patch sandboxes/status":        m.sandboxStatuses(n),
		"patch sandboxclaims/status":    m.claimStatuses(n),
		"patch sandboxwarmpools/status": perSecond,
		// Of the claim, and of its Sandbox: the Pod is created, and it is Ready. Those of the first claim may be late.
		"create events": {3 * n, 3*n + 3},
	}, calls: map[string]float64{"sandboxclaim.mutate": n, "sandboxclaim.validate": patched(n), "sandbox.validate": n}})

	m = newMeter(t, s)
	s.Delete(t, &extensionsv1.SandboxClaim{}, "first")
	for i := range n {
		s.Delete(t, &extensionsv1.SandboxClaim{}, fmt.Sprintf("claim-%02d", i))
	}
	s.History.Await(t, scene.Long, func(h *history.History) string {
		if sandboxes, claims, pods := h.Left(); sandboxes+claims+pods > 0 {
			return fmt.Sprintf("%d Sandboxes, %d claims and %d Pods are left", sandboxes, claims, pods)
		}
		return ""
	})
	m.expect(t, n, budget{requests: map[string]span{
		"patch sandboxes/status":                    atMost(n), // what becomes of the Pod, while it ends
		"patch sandboxclaims/status":                atMost(n), // and of the Sandbox
		"patch sandboxes/status: 404 Not Found":     atMost(n), // unless it is gone by then
		"patch sandboxclaims/status: 404 Not Found": atMost(n),
	}})
}
