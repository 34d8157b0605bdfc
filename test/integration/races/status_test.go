package races

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// Between a worker's read and its write of a status, another worker has seen more and written that. The API server refuses the
// stale status. The worker is called again, and computes the status that is there already. (W16)
func TestAStatusOfAnOldSandbox(t *testing.T) {
	n := suite.New(t)
	mine := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
	n.Settle(t)
	late := n.Sandboxes(suite.Before(n.Cached, suite.Once[*sandboxv1.Sandbox]("patch/status", func() {
		n.RunPod(t, "mine")
		n.Step(t, mine)
	})))
	try(t, late, mine)
	expectLast(t, n, mine, metav1.ConditionTrue, func() []metav1.Condition {
		return suite.Get[sandboxv1.Sandbox](t, n, "mine").Status.Conditions
	})
}

// A reconcile whose status comes too late forgets no end: the object is looked at again then, however often this happens.
func TestAStatusOfAnOldObjectKeepsItsEnd(t *testing.T) {
	a := newArena(t)
	end := a.Clock.Now().Add(time.Hour)
	sandbox := suite.Create(t, a.Namespace, a.Editor, builder.MakeSandbox("mine").ShutdownTime(end).Obj())
	claim, warm := a.ending(t, "Delete"), a.Warm(t, a.pool, "aaaaa")
	a.Settle(t)
	change := func(object client.Object) func() {
		return func() {
			if err := a.Admin.Patch(t.Context(), object, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`))); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := ctrl.Result{Requeue: true, RequeueAfter: time.Hour} //nolint:staticcheck // "with backoff, and then in any case"
	sandboxes := a.Sandboxes(suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("patch/status", change(sandbox.DeepCopy()))))
	if late, err := sandboxes.Reconcile(t.Context(), sandbox); err != nil || late != want {
		t.Errorf("the Sandbox: %+v, %v", late, err)
	}
	claims := a.worker(suite.Before(a.Cached, suite.Once[*extensionsv1.SandboxClaim]("patch/status", change(claim.DeepCopy()))), warm)
	if late, err := claims.Reconcile(t.Context(), claim); err != nil || late != want {
		t.Errorf("the claim: %+v, %v", late, err)
	}
}

// The same holds for a claim.
func TestAStatusOfAnOldClaim(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	mine := a.boundTo(t, "mine", warm.Name)
	a.Settle(t)
	late := a.worker(suite.Before(a.Cached, suite.Once[*extensionsv1.SandboxClaim]("patch/status", func() {
		sandbox := suite.Get[sandboxv1.Sandbox](t, a.Namespace, warm.Name)
		base := sandbox.DeepCopy()
		sandbox.Status.Conditions = builder.MakeSandbox(warm.Name).Condition("Ready", "False", "PodFailed").Obj().Status.Conditions
		if err := a.Controller.Status().Patch(t.Context(), sandbox, client.MergeFrom(base)); err != nil {
			t.Fatal(err)
		}
		a.Step(t, mine)
	})))
	try(t, late, mine)
	expectLast(t, a.Namespace, mine, metav1.ConditionFalse, func() []metav1.Condition {
		return suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine").Status.Conditions
	})
	a.has(t, "mine", warm.Name)
}

// The same holds for a pool.
func TestAStatusOfAnOldPool(t *testing.T) {
	a := newArena(t)
	a.Settle(t)
	late := a.Pools(suite.Before(a.Cached, suite.Once[*extensionsv1.SandboxWarmPool]("patch/status", func() {
		for _, name := range a.controlled(t, a.pool) {
			a.MakeReady(t, suite.Get[sandboxv1.Sandbox](t, a.Namespace, name))
		}
		a.Step(t, a.pool)
	})))
	try(t, late, a.pool)
	expectLast(t, a.Namespace, a.pool, metav1.ConditionTrue, func() []metav1.Condition {
		return suite.Get[extensionsv1.SandboxWarmPool](t, a.Namespace, a.pool.Name).Status.Conditions
	})
}

// expectLast fails unless Ready is want, and stays so in another reconcile of obj, which writes nothing.
func expectLast(t *testing.T, n *suite.Namespace, obj client.Object, want metav1.ConditionStatus, conditions func() []metav1.Condition) {
	t.Helper()
	if got := conditions(); !meta.IsStatusConditionPresentAndEqual(got, "Ready", want) {
		t.Errorf("what was computed before has come after: %v", got)
	}
	before := suite.Writes(t)
	n.Step(t, obj)
	before.Expect(t, suite.Writes, suite.Counts{})
	if got := conditions(); !meta.IsStatusConditionPresentAndEqual(got, "Ready", want) {
		t.Errorf("computed anew: %v", got)
	}
}
