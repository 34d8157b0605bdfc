package reconcile

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// An expired Sandbox that is retained loses its Pod and its Service, and keeps its volumes. With more time it runs again.
func TestExpiryThatRetains(t *testing.T) {
	s := newStoryOf(t, builder.MakeSandbox("my-sandbox").Service(true).VolumeClaimTemplate("data"))
	expireAt(t, s.Namespace, "my-sandbox", s.at(10).Time)
	s.ready(t)
	volume := suite.Get[corev1.PersistentVolumeClaim](t, s.Namespace, "data-my-sandbox")
	if result := s.Step(t, s.sandbox); result.RequeueAfter != 8*time.Minute {
		t.Errorf("looks again after %s, want 8m", result.RequeueAfter)
	}

	s.Clock.Step(8*time.Minute - time.Second)
	expectNoWrites(t, s.Namespace, s.sandbox)
	s.Clock.Step(time.Second)
	before := suite.Writes(t)
	if result := s.Step(t, s.sandbox); result.RequeueAfter != 0 {
		t.Errorf("looks again after %s, want not at all", result.RequeueAfter)
	}
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes/status": 1, "DELETE pods": 1, "DELETE services": 1})
	expired := sandboxv1.SandboxStatus{Conditions: of(2,
		condition("Ready", metav1.ConditionFalse, "SandboxExpired", "Sandbox has expired", s.at(10)),
		condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", s.at(0)))}
	expectStatus(t, s.Namespace, "my-sandbox", expired)
	expectNoWrites(t, s.Namespace, s.sandbox) // The Pod is still terminating.
	s.killPod(t)
	expectNoWrites(t, s.Namespace, s.sandbox)
	expectStatus(t, s.Namespace, "my-sandbox", expired)
	expectNone[corev1.Pod](t, s.Namespace, "my-sandbox")
	expectNone[corev1.Service](t, s.Namespace, "my-sandbox")

	expireAt(t, s.Namespace, "my-sandbox", s.at(20).Time)
	s.Clock.Step(time.Minute)
	s.Step(t, s.sandbox)
	next := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox")
	expectStatus(t, s.Namespace, "my-sandbox", sandboxv1.SandboxStatus{
		Service: "my-sandbox", ServiceFQDN: "my-sandbox." + s.Name + ".svc.cluster.test",
		Selector: "agents.x-k8s.io/sandbox-name-hash=374de8f5", PodUID: next.UID,
		Conditions: of(3,
			condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending; Service Exists", s.at(10)),
			condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", s.at(0)),
			condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "Pod has not reported a PodScheduled condition yet", s.at(11))),
	})
	if next.UID == s.pod.UID {
		t.Error("the Pod is the one from before")
	}
	if diff := cmp.Diff(volume, suite.Get[corev1.PersistentVolumeClaim](t, s.Namespace, "data-my-sandbox")); diff != "" {
		t.Errorf("the PersistentVolumeClaim was touched (-before +after):\n%s", diff)
	}

	// The Sandbox ends again, its Service has lost its label, and the first reconciler to see that crashes before it deletes
	// anything.
	change(t, s.Namespace, "my-sandbox", func(service *corev1.Service) { service.Labels = nil })
	s.Clock.Step(9 * time.Minute)
	s.Settle(t)
	crashing := s.Sandboxes(suite.Before(s.ReadYourWrites, func(w suite.Write) error {
		if w.Verb == "delete" {
			return errors.New("crashed")
		}
		return nil
	}))
	if _, err := crashing.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, s.Namespace, "my-sandbox")); err == nil {
		t.Error("the pass ended well")
	}
	suite.Get[corev1.Service](t, s.Namespace, "my-sandbox")
	s.Step(t, s.sandbox)
	expectNone[corev1.Pod](t, s.Namespace, "my-sandbox")
	expectNone[corev1.Service](t, s.Namespace, "my-sandbox")
	expectServed(t, s.Namespace, false)
	expectNoWrites(t, s.Namespace, s.sandbox)
}

// A Sandbox that is to be deleted first reports that it has expired.
func TestExpiryThatDeletes(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).
		ShutdownTime(n.Clock.Now().Add(time.Minute)).Obj())
	n.Step(t, sandbox)
	n.Clock.Step(time.Minute)
	n.Settle(t)
	var said []string
	r := n.Sandboxes(suite.Before(n.ReadYourWrites, func(w suite.Write) error {
		said = append(said, w.Verb+": "+readyOf(t, n, "my-sandbox"))
		return nil
	}))
	if _, err := r.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox")); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"patch/status: False DependenciesNotReady: Pod exists with phase: Pending", "delete: False SandboxExpired: Sandbox has expired",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("writes, and what Ready was before (-want +got):\n%s", diff)
	}
	expectNone[sandboxv1.Sandbox](t, n, "my-sandbox")
}

// An expired Sandbox still reports how its Pod ended, and that it was suspended.
func TestExpiryOfWhatHadEnded(t *testing.T) {
	s := newStoryOf(t, builder.MakeSandbox("my-sandbox"))
	s.ready(t)
	s.goOn(t, func(status *corev1.PodStatus) { status.Phase = corev1.PodSucceeded })
	expireAt(t, s.Namespace, "my-sandbox", s.at(4).Time)
	s.Clock.Step(time.Minute)
	s.Step(t, s.sandbox)
	want := sandboxv1.SandboxStatus{Conditions: of(2,
		condition("Ready", metav1.ConditionFalse, "SandboxExpired", "Sandbox has expired", s.at(2)),
		condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", s.at(0)),
		condition("Finished", metav1.ConditionTrue, "PodSucceeded", "Pod completed successfully", s.at(3)))}
	want.Conditions[0].LastTransitionTime = s.at(3) // This is when Ready ceased to be True.
	expectStatus(t, s.Namespace, "my-sandbox", want)
	if err := client.IgnoreNotFound(s.Admin.Delete(t.Context(), s.pod, client.GracePeriodSeconds(0))); err != nil {
		t.Fatal(err)
	}
	s.Step(t, s.sandbox)
	expectStatus(t, s.Namespace, "my-sandbox", want)
	expectNone[corev1.Pod](t, s.Namespace, "my-sandbox")
}

func TestExpiryOfASuspendedSandbox(t *testing.T) {
	n := suite.New(t)
	began := n.Clock.Now()
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").OperatingMode(sandboxv1.OperatingModeSuspended).
		ShutdownTime(began.Add(time.Minute)).Obj())
	n.Step(t, sandbox)
	n.Clock.Step(time.Minute)
	n.Step(t, sandbox)
	expectStatus(t, n, "my-sandbox", sandboxv1.SandboxStatus{Conditions: of(1,
		condition("Ready", metav1.ConditionFalse, "SandboxExpired", "Sandbox has expired", metav1.NewTime(began)),
		condition("Suspended", metav1.ConditionTrue, "PodTerminated", "Pod has been terminated. Sandbox is suspended", metav1.NewTime(began)))})
	expectNoWrites(t, n, sandbox)
}

// A Sandbox that has expired before it begins gets nothing at all.
func TestBornExpired(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Service(true).VolumeClaimTemplate("data").
		ShutdownTime(n.Clock.Now()).Obj())
	before := suite.Writes(t)
	n.Step(t, sandbox)
	n.Step(t, sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes/status": 1})
	if got := readyOf(t, n, "my-sandbox"); got != "False SandboxExpired: Sandbox has expired" {
		t.Errorf("Ready is %s", got)
	}
}

// Objects that do not belong to the Sandbox stay, whatever their names are.
func TestExpiryTouchesNothingOfOthers(t *testing.T) {
	n := suite.New(t)
	pod := suite.Create(t, n, n.Editor, builder.MakePod("my-sandbox").Label("agents.x-k8s.io/adoptable", "true").Obj())
	service := &corev1.Service{Spec: corev1.ServiceSpec{ClusterIP: "None"}}
	service.Name, service.Labels = "my-sandbox", map[string]string{"agents.x-k8s.io/sandbox-name-hash": "374de8f5"}
	suite.Create(t, n, n.Editor, service)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").ShutdownTime(n.Clock.Now()).Obj())
	n.Step(t, sandbox)
	n.Step(t, sandbox)
	if diff := cmp.Diff(pod, suite.Get[corev1.Pod](t, n, "my-sandbox")); diff != "" {
		t.Errorf("the Pod was touched (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(service, suite.Get[corev1.Service](t, n, "my-sandbox")); diff != "" {
		t.Errorf("the Service was touched (-before +after):\n%s", diff)
	}
}

// The garbage collector handles a terminating Sandbox, expired or not. The reconciler does nothing about it.
func TestExpiryOfWhatIsBeingDeleted(t *testing.T) {
	n := suite.New(t)
	object := builder.MakeSandbox("my-sandbox").ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).ShutdownTime(n.Clock.Now().Add(time.Minute)).Obj()
	object.Finalizers = []string{"example.com/keep"}
	sandbox := suite.Create(t, n, n.Editor, object)
	n.Step(t, sandbox)
	n.Delete(t, n.Editor, suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox"))
	n.Clock.Step(time.Minute)
	before := suite.Writes(t)
	n.Step(t, sandbox)
	n.Step(t, sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes/status": 1})
	suite.Get[corev1.Pod](t, n, "my-sandbox")
	change(t, n, "my-sandbox", func(sandbox *sandboxv1.Sandbox) { sandbox.Finalizers = nil })
	err := n.Admin.Get(t.Context(), client.ObjectKeyFromObject(sandbox), &sandboxv1.Sandbox{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("reading the Sandbox: %v", err)
	}
}
