package races

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A Sandbox is deleted, and the garbage collector deletes its Pod. As long as the cache still has the Sandbox, it gets no other Pod:
// the garbage collector would delete that one, too, and the next.
func TestASandboxThatIsGoneGetsNoOtherPod(t *testing.T) {
	r := newRoom(t, builder.MakeSandbox("mine"))
	old := r.now(t)
	if old.Status.PodUID == "" {
		t.Fatal("the Sandbox does not say which Pod it has")
	}
	r.Delete(t, r.Admin, old.DeepCopy())
	r.Delete(t, r.Admin, suite.Get[corev1.Pod](t, r.Namespace, "mine"))
	r.Settle(t)
	result, err := r.Sandboxes(suite.Seeing(r.ReadYourWrites, old)).Reconcile(t.Context(), old)
	if err != nil || !suite.Soon(result) {
		t.Errorf("%+v, %v, want another try", result, err)
	}
	if err := r.Admin.Get(t.Context(), client.ObjectKeyFromObject(old), &corev1.Pod{}); !apierrors.IsNotFound(err) {
		t.Errorf("there is a Pod: %v", err)
	}
}

// The same for a pool, which learns from the first status that it writes that it is gone.
func TestAPoolThatIsGoneIsFilledOnce(t *testing.T) {
	a := newArena(t)
	old := a.pool.DeepCopy()
	a.Delete(t, a.Admin, a.pool)
	a.Settle(t)
	pools := a.Pools(a.Cached)
	fill(t, pools, old)
	if got := len(a.controlled(t, old)); got != 1 {
		t.Fatalf("the pool has %d Sandboxes, want 1: it does not know better", got)
	}
	if err := a.Admin.DeleteAllOf(t.Context(), &sandboxv1.Sandbox{}, client.InNamespace(a.Name)); err != nil {
		t.Fatal(err)
	}
	a.Settle(t)
	fill(t, pools, old)
	if got := a.controlled(t, old); len(got) > 0 {
		t.Errorf("the pool is gone, and gets %v", got)
	}
}
