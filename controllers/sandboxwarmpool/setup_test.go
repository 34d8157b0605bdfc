package sandboxwarmpool

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// woken records who is woken, and after what delay.
type woken struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]

	who []string
}

func (w *woken) AddAfter(request reconcile.Request, in time.Duration) {
	w.who = append(w.who, fmt.Sprintf("%s in %s", request, in))
}

// TestMembersWakeTheirPool also checks that the reconciler records since when a member that leaves its pool was Ready.
func TestMembersWakeTheirPool(t *testing.T) {
	pool := builder.MakePool("p").Obj()
	member := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Pool(pool) }
	claim := builder.MakeClaim("c").Obj()
	now, soon, never := []string{"default/p in 0s"}, []string{"default/p in 100ms"}, time.Time{}
	for name, tc := range map[string]struct {
		before, after *builder.SandboxWrapper
		want          []string
		left          time.Time
	}{
		"it turns Ready":                   {member(), member().Ready(), soon, never},
		"it falls over":                    {member().Ready(), member().Ready().Generation(2), soon, never},
		"its Pod is refused":               {member(), member().Condition("Ready", "False", "ReconcilerError"), soon, never},
		"its Pod is accepted":              {member(), member().PodUID("1"), soon, never},
		"its Pod ends":                     {member().Ready(), member().Condition("Finished", "True", "PodFailed"), soon, never},
		"a claim adopts it":                {member().Ready(), member().Ready().Generation(2).ClaimedBy(claim), now, builder.Epoch},
		"it is deleted":                    {member(), member().Deleting(), now, never},
		"it is deleted when it is Ready":   {member().Ready(), member().Ready().Deleting(), now, builder.Epoch},
		"it is orphaned":                   {member(), member().OwnerReferences(), now, never},
		"it moves to another node":         {member().Ready(), member().Node("b").Ready(), nil, never},
		"a Sandbox of a claim turns Ready": {builder.MakeSandbox("a").ClaimedBy(claim), builder.MakeSandbox("a").ClaimedBy(claim).Ready(), nil, never},
		"a Sandbox of nobody does":         {builder.MakeSandbox("a"), builder.MakeSandbox("a").Ready(), nil, never},
	} {
		t.Run(name, func(t *testing.T) {
			q := &woken{}
			r := &Reconciler{}
			r.memberChanged(t.Context(), event.UpdateEvent{ObjectOld: tc.before.Obj(), ObjectNew: tc.after.Obj()}, q)
			if diff := cmp.Diff(tc.want, q.who); diff != "" {
				t.Errorf("woken (-want +got):\n%s", diff)
			}
			if got := r.states.lastLeft(pool.UID); !got.Equal(tc.left) {
				t.Errorf("a member left that was Ready since %s, want %s", got, tc.left)
			}
		})
	}
}

// A pool's own status wakes it, but not where a refusal, which may read differently each time, is worded anew.
func TestAPoolWakesItself(t *testing.T) {
	says := func(status metav1.ConditionStatus, reason, message string) *extensionsv1.SandboxWarmPool {
		pool := builder.MakePool("p").Condition("Progressing", status, reason).Obj()
		pool.Status.Conditions[0].Message = message
		return pool
	}
	fills := says(metav1.ConditionTrue, extensionsv1.ReasonPoolFilling, "1 of 2")
	refused := says(metav1.ConditionFalse, extensionsv1.ReasonSandboxRefused, "used: 3")
	for name, tc := range map[string]struct {
		before, after *extensionsv1.SandboxWarmPool
		want          []string
	}{
		"it fills":              {builder.MakePool("p").Obj(), fills, []string{"default/p in 100ms"}},
		"it is refused":         {fills, refused, []string{"default/p in 100ms"}},
		"it is refused, again":  {refused, says(metav1.ConditionFalse, extensionsv1.ReasonSandboxRefused, "used: 4"), nil},
		"it is refused no more": {refused, fills, []string{"default/p in 100ms"}},
	} {
		t.Run(name, func(t *testing.T) {
			q := &woken{}
			poolChanged(t.Context(), event.UpdateEvent{ObjectOld: tc.before, ObjectNew: tc.after}, q)
			if diff := cmp.Diff(tc.want, q.who); diff != "" {
				t.Errorf("woken (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMemories(t *testing.T) {
	var m poolStates
	kept := &rules.PoolState{}
	m.forget("a")
	m.keep("a", kept)
	m.leave("a", builder.Epoch)
	m.leave("a", builder.Epoch.Add(-time.Hour))
	if m.of("a") != kept || m.of("b") != nil || !m.lastLeft("a").Equal(builder.Epoch) || !m.lastLeft("b").IsZero() {
		t.Error("what is kept of one pool is that pool's, and the latest")
	}
	m.forget(types.UID("a"))
	if m.of("a") != nil || !m.lastLeft("a").IsZero() {
		t.Error("what is forgotten is still there")
	}
}
