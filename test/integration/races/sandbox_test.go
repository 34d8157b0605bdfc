package races

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	reconcilers "sigs.k8s.io/controller-runtime/pkg/reconcile"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// room is a namespace with the Sandbox "mine", which has its Pod.
type room struct {
	*suite.Namespace
}

func newRoom(t *testing.T, made *builder.SandboxWrapper) *room {
	t.Helper()
	r := &room{Namespace: suite.New(t)}
	suite.Create(t, r.Namespace, r.Editor, made.Obj())
	r.Step(t, r.now(t))
	return r
}

// now returns the current state of the Sandbox.
func (r *room) now(t *testing.T) *sandboxv1.Sandbox {
	t.Helper()
	return suite.Get[sandboxv1.Sandbox](t, r.Namespace, "mine")
}

// change changes the Sandbox as its user.
func (r *room) change(t *testing.T, do func(*sandboxv1.SandboxSpec)) {
	t.Helper()
	obj := r.now(t)
	base := obj.DeepCopy()
	do(&obj.Spec)
	if err := r.Editor.Patch(t.Context(), obj, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

func suspend(spec *sandboxv1.SandboxSpec) { spec.OperatingMode = sandboxv1.OperatingModeSuspended }
func resume(spec *sandboxv1.SandboxSpec)  { spec.OperatingMode = sandboxv1.OperatingModeRunning }

// pod returns the UID of the Pod, or nothing if there is none or it is terminating.
func (r *room) pod(t *testing.T) types.UID {
	t.Helper()
	var pod corev1.Pod
	err := r.Admin.Get(t.Context(), client.ObjectKey{Namespace: r.Name, Name: "mine"}, &pod)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	if err != nil || pod.DeletionTimestamp != nil {
		return ""
	}
	return pod.UID
}

// try lets worker reconcile obj as it is given, stale or not, and expects it to ask for another reconcile soon.
func try[T client.Object](t *testing.T, worker reconcilers.ObjectReconciler[T], obj T) {
	t.Helper()
	result, err := worker.Reconcile(t.Context(), obj)
	if err != nil || !suite.Soon(result) {
		t.Errorf("looks again %v, error %v; want soon, and no error", result, err)
	}
}

// A worker still sees the Sandbox as suspended. The Sandbox has been resumed since, and has a new Pod, which the worker's
// cache knows. That Pod stays. (W4)
func TestAnOldSuspensionDeletesNoNewPod(t *testing.T) {
	r := newRoom(t, builder.MakeSandbox("mine"))
	r.change(t, suspend)
	suspending := r.now(t)
	r.Step(t, suspending)
	r.Step(t, suspending)
	suspended := r.now(t)
	r.change(t, resume)
	r.Step(t, suspended)
	fresh := r.pod(t)
	r.Settle(t)
	for name, old := range map[string]*sandboxv1.Sandbox{"not stopped yet": suspending, "stopped": suspended} {
		try(t, r.Sandboxes(r.Cached), old)
		if got := r.pod(t); got != fresh || fresh == "" {
			t.Fatalf("seen as suspended and %s: the Pod is %q, want %q", name, got, fresh)
		}
	}
}

// Here it is the same Pod as before: it was to be deleted, and is wanted again.
func TestAnOldSuspensionDeletesNoPodThatIsWantedAgain(t *testing.T) {
	r := newRoom(t, builder.MakeSandbox("mine"))
	pod := r.pod(t)
	r.change(t, suspend)
	suspended := r.now(t)
	r.Settle(t)
	crashed := r.Sandboxes(suite.Before(r.Cached, func(w suite.Write) error {
		if w.Verb == "delete" {
			return errCrash
		}
		return nil
	}))
	_, _ = crashed.Reconcile(t.Context(), suspended) // It could not delete the Pod, and reports that.
	said := r.now(t)
	r.change(t, resume)
	r.Settle(t)
	try(t, r.Sandboxes(r.Cached), said)
	if got := r.pod(t); got != pod {
		t.Errorf("the Pod is %q, want %q", got, pod)
	}
}

// A worker has found that the Sandbox is suspended, and is about to delete the Pod that it has read. Before it does, that Pod
// is gone, the Sandbox is resumed, and has another Pod.
func TestADeletionThatComesLate(t *testing.T) {
	r := newRoom(t, builder.MakeSandbox("mine"))
	old := r.pod(t)
	r.change(t, suspend)
	r.Settle(t)
	var fresh types.UID
	late := suite.Before(r.Cached, suite.Once[*corev1.Pod]("delete", func() {
		r.Step(t, r.now(t))
		r.Step(t, r.now(t))
		r.change(t, resume)
		r.Step(t, r.now(t))
		fresh = r.pod(t)
	}))
	try(t, r.Sandboxes(late), r.now(t))
	if got := r.pod(t); got != fresh || fresh == "" || fresh == old {
		t.Errorf("the Pod is %q, want %q", got, fresh)
	}
}

// A worker's cache still has the Pod from before the last suspension. The worker deletes the current Pod only once it sees it.
func TestADeletionOfAPodLongGone(t *testing.T) {
	r := newRoom(t, builder.MakeSandbox("mine"))
	gone := suite.Get[corev1.Pod](t, r.Namespace, "mine")
	for _, do := range []func(*sandboxv1.SandboxSpec){suspend, resume} {
		r.change(t, do)
		r.Step(t, r.now(t))
		r.Step(t, r.now(t))
	}
	fresh := r.pod(t)
	r.change(t, suspend)
	r.Settle(t)
	try(t, r.Sandboxes(suite.Seeing(r.Cached, gone)), r.now(t))
	if got := r.pod(t); got != fresh || fresh == "" {
		t.Errorf("the Pod is %q, want %q", got, fresh)
	}
	r.Step(t, r.now(t))
	if got := r.pod(t); got != "" {
		t.Errorf("the Pod %q is there", got)
	}
}

// A worker sees that the Sandbox has expired. The Sandbox has been given more time since, and loses nothing.
func TestAnOldExpiryDeletesNothing(t *testing.T) {
	for _, policy := range []sandboxv1.ShutdownPolicy{sandboxv1.ShutdownPolicyRetain, sandboxv1.ShutdownPolicyDelete} {
		t.Run(string(policy), func(t *testing.T) {
			r := newRoom(t, builder.MakeSandbox("mine").Service(true).ShutdownPolicy(policy))
			pod, service := r.pod(t), suite.Get[corev1.Service](t, r.Namespace, "mine")
			r.change(t, func(spec *sandboxv1.SandboxSpec) { spec.ShutdownTime = &metav1.Time{Time: r.Clock.Now()} })
			expired := r.now(t)
			said := r.said(t, expired)
			r.change(t, func(spec *sandboxv1.SandboxSpec) {
				spec.ShutdownTime = &metav1.Time{Time: r.Clock.Now().Add(time.Hour)}
			})
			r.Settle(t)
			for name, old := range map[string]*sandboxv1.Sandbox{"unsaid": expired, "said": said} {
				try(t, r.Sandboxes(r.Cached), old)
				if got := r.pod(t); got != pod {
					t.Errorf("%s: the Pod is %q, want %q", name, got, pod)
				}
				if got := suite.Get[corev1.Service](t, r.Namespace, "mine"); got.UID != service.UID {
					t.Errorf("%s: the Service is %q, want %q", name, got.UID, service.UID)
				}
				if r.now(t).DeletionTimestamp != nil {
					t.Errorf("%s: the Sandbox is being deleted", name)
				}
			}
		})
	}
}

// said lets a worker report that old has expired, and die after that.
func (r *room) said(t *testing.T, old *sandboxv1.Sandbox) *sandboxv1.Sandbox {
	t.Helper()
	r.Settle(t)
	worker := r.Sandboxes(suite.Before(r.Cached, func(w suite.Write) error {
		if w.Verb == "delete" {
			return errCrash
		}
		return nil
	}))
	if _, err := worker.Reconcile(t.Context(), old); err == nil {
		t.Fatal("the worker lived on")
	}
	return r.now(t)
}

// A worker died half way through an expiry. The next one finishes it.
func TestAnExpiryAfterACrash(t *testing.T) {
	r := newRoom(t, builder.MakeSandbox("mine").Service(true))
	r.change(t, func(spec *sandboxv1.SandboxSpec) { spec.ShutdownTime = &metav1.Time{Time: r.Clock.Now()} })
	r.said(t, r.now(t))
	r.Step(t, r.now(t))
	if got := r.pod(t); got != "" {
		t.Errorf("the Pod %q is there", got)
	}
	var services corev1.ServiceList
	if err := r.Admin.List(t.Context(), &services, client.InNamespace(r.Name)); err != nil || len(services.Items) > 0 {
		t.Errorf("%d Services, error %v", len(services.Items), err)
	}
}

// A worker sees that the Sandbox is to have no Service. The Sandbox asks for one again since.
func TestAnOldWishDeletesNoService(t *testing.T) {
	r := newRoom(t, builder.MakeSandbox("mine").Service(true))
	service := suite.Get[corev1.Service](t, r.Namespace, "mine")
	r.change(t, func(spec *sandboxv1.SandboxSpec) { spec.Service = new(false) })
	unasked := r.now(t)
	r.change(t, func(spec *sandboxv1.SandboxSpec) { spec.Service = new(true) })
	r.Settle(t)
	try(t, r.Sandboxes(r.Cached), unasked)
	if got := suite.Get[corev1.Service](t, r.Namespace, "mine"); got.UID != service.UID {
		t.Errorf("the Service is %q, want %q", got.UID, service.UID)
	}
}

// Between a worker's read and its write, somebody else takes the Pod, or replaces it by another. The worker does not take it
// over.
func TestATakeoverThatComesLate(t *testing.T) {
	n := suite.New(t)
	adoptable := func() *corev1.Pod { return builder.MakePod("mine").Label("agents.x-k8s.io/adoptable", "true").Obj() }
	first := suite.Create(t, n, n.Editor, adoptable())
	mine := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
	r := &room{Namespace: n}
	var second *corev1.Pod
	late := suite.Before(n.Cached, suite.Once[*corev1.Pod]("patch", func() {
		n.Delete(t, n.Editor, first)
		second = adoptable()
		second.Labels["agents.x-k8s.io/adoptable"] = "no"
		suite.Create(t, n, n.Editor, second)
	}))
	n.Settle(t)
	try(t, n.Sandboxes(late), mine)
	if got := suite.Get[corev1.Pod](t, n, "mine"); got.UID != second.UID || len(got.OwnerReferences) > 0 {
		t.Errorf("the Pod has UID %s and owners %v", got.UID, got.OwnerReferences)
	}
	if status := r.now(t).Status; status.PodUID != "" {
		t.Errorf("the status is %+v", status)
	}
}

// Two workers make the same Sandbox's Pod, Service and volume at once. Each object is created once, and neither worker fails.
func TestTwoWorkersMakeOneSandbox(t *testing.T) {
	n := suite.New(t)
	mine := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Service(true).VolumeClaimTemplate("data").Obj())
	n.Settle(t)
	other := n.Sandboxes(n.Cached)
	late := suite.Before(n.Cached, suite.Once[*corev1.PersistentVolumeClaim]("create", func() {
		if _, err := other.Reconcile(t.Context(), mine); err != nil {
			t.Error(err)
		}
	}))
	try(t, n.Sandboxes(late), mine) // One of the two status writes is refused.
	r := &room{Namespace: n}
	r.Step(t, mine)
	for _, obj := range []client.Object{
		suite.Get[corev1.Pod](t, n, "mine"), suite.Get[corev1.Service](t, n, "mine"), suite.Get[corev1.PersistentVolumeClaim](t, n, "data-mine"),
	} {
		if !metav1.IsControlledBy(obj, mine) {
			t.Errorf("%T is controlled by %v", obj, obj.GetOwnerReferences())
		}
	}
	before := suite.Writes(t)
	r.Step(t, mine)
	before.Expect(t, suite.Writes, suite.Counts{})
}
