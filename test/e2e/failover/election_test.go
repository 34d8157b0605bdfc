package failover

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// home is the namespace of the managers, and lease the name of the Lease there.
const home, lease = "namesake-system", "namesake.agents.x-k8s.io"

// pair returns the manager that leads and the other, when one leads.
func pair(t *testing.T, s *scene.Scene) (leader, standby *testbed.Manager) {
	t.Helper()
	managers := s.Managers(t)
	if len(managers) != 2 {
		t.Fatalf("%d managers run: this test is about 2, see the target e2e of the Makefile", len(managers))
	}
	await(t, "one manager to lead", func() bool {
		first, second := managers[0].Leads(t), managers[1].Leads(t)
		leader, standby = managers[0], managers[1]
		if second {
			leader, standby = standby, leader
		}
		return first != second
	})
	return leader, standby
}

// await waits until what is true.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	condition := func(context.Context) (bool, error) { return is(), nil }
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, scene.Soon, true, condition); err != nil {
		t.Fatalf("waiting for %s: %v", what, err)
	}
}

// Somebody takes the Lease from the leader, again and again, while guarded writes come in: none fails. Each manager goes on
// answering admission, and one leads again.
func TestATakenLease(t *testing.T) {
	// Ten writers write 90 times a second together, and less often on a machine that is too busy for that.
	const atOnce, pause, times = 10, 100 * time.Millisecond, 3
	s := scene.Enter(t)
	leader, standby := pair(t, s)
	started := func() [2]float64 {
		const name = "process_start_time_seconds"
		return [2]float64{leader.ReadMetrics(t).Sum(name), standby.ReadMetrics(t).Sum(name)}
	}
	before := started()

	var writers sync.WaitGroup
	defer writers.Wait()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var written, failed atomic.Int32
	for range atOnce {
		writers.Go(func() {
			wait.UntilWithContext(ctx, func(ctx context.Context) {
				// A dry run goes all the way through admission, and stores nothing.
				sandbox := builder.MakeSandbox(fmt.Sprintf("guarded-%d", written.Add(1))).Namespace(s.Namespace).Obj()
				if err := s.Editor.Create(context.WithoutCancel(ctx), sandbox, client.DryRunAll); err != nil {
					failed.Add(1)
					t.Errorf("a guarded write: %v", err)
				}
			}, pause)
		})
	}
	for range times {
		loser, _ := pair(t, s)
		change(t, s, `{"holderIdentity":"somebody"}`)
		await(t, "the leader to stop leading", func() bool { return !loser.Leads(t) })
		pair(t, s)
	}
	stop()
	writers.Wait()
	t.Logf("the Lease was taken %d times: of %d guarded writes %d failed", times, written.Load(), failed.Load())
	if after := started(); after != before {
		t.Errorf("a manager was started again: the managers' starts are %v, and were %v", after, before)
	}
	s.Pool(t, "python", 3)
	s.AwaitReady(t, s.Claim(t, "python", 3, "after"))
}

// change changes the spec of the Lease, by a merge patch.
func change(t *testing.T, s *scene.Scene, spec string) {
	t.Helper()
	object := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: home, Name: lease}}
	if err := s.Admin.Patch(t.Context(), object, client.RawPatch(types.MergePatchType, []byte(`{"spec":`+spec+`}`))); err != nil {
		t.Fatal(err)
	}
}

// While somebody else holds the Lease, nobody leads. Both managers say so, and go on answering admission. When the Lease is
// free, one leads and does what is to be done.
func TestNobodyCanLead(t *testing.T) {
	s := scene.Enter(t)
	first, second := pair(t, s)
	change(t, s, `{"holderIdentity":"somebody","leaseDurationSeconds":3600}`)
	t.Cleanup(func() {
		if t.Failed() {
			change(t, s, `{"holderIdentity":"","leaseDurationSeconds":1}`)
		}
	})
	await(t, "nobody to lead", func() bool { return !first.Leads(t) && !second.Leads(t) })
	for _, m := range []*testbed.Manager{first, second} {
		m.AwaitReady(t)
	}
	s.Create(t, builder.MakeSandbox("guarded").Obj())
	if first.Leads(t) || second.Leads(t) {
		t.Error("a manager leads, and somebody else has the Lease")
	}
	change(t, s, `{"holderIdentity":"","leaseDurationSeconds":1}`)
	pair(t, s)
	s.History.Await(t, scene.Soon, func(h *history.History) string {
		if sandbox := h.Sandbox("guarded"); sandbox != nil && sandbox.Ready() {
			return ""
		}
		return "the Sandbox that was created while nobody led is not Ready"
	})
}
