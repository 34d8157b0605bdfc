package reconcile

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A Sandbox with everything that it can have is suspended and resumed. The Pod is replaced by another, and the rest stays.
func TestSuspendAndResume(t *testing.T) {
	s := newStoryOf(t, builder.MakeSandbox("my-sandbox").Service(true).VolumeClaimTemplate("data"))
	s.ready(t)
	service := suite.Get[corev1.Service](t, s.Namespace, "my-sandbox")
	volume := suite.Get[corev1.PersistentVolumeClaim](t, s.Namespace, "data-my-sandbox")
	kept := sandboxv1.SandboxStatus{
		Service: "my-sandbox", ServiceFQDN: "my-sandbox." + s.Name + ".svc.cluster.test", Selector: "agents.x-k8s.io/sandbox-name-hash=374de8f5",
	}

	// The kubelet takes its time. The Pod is visible until it is gone.
	operate(t, s.Namespace, "my-sandbox", sandboxv1.OperatingModeSuspended)
	s.Clock.Step(time.Minute)
	s.Step(t, s.sandbox)
	suspending := kept
	suspending.NodeName, suspending.PodIPs, suspending.PodUID = builder.DefaultNode, []string{"10.0.0.1", "fd00::1"}, s.pod.UID
	suspending.Conditions = of(2,
		condition("Ready", metav1.ConditionFalse, "SandboxSuspended", "Sandbox is suspending", s.at(3)),
		condition("Suspended", metav1.ConditionFalse, "PodTerminating", "Pod is terminating. Sandbox is suspending", s.at(0)),
		condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(1)))
	expectStatus(t, s.Namespace, "my-sandbox", suspending)
	if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.DeletionTimestamp == nil {
		t.Error("the Pod is not being deleted")
	}
	expectNoWrites(t, s.Namespace, s.sandbox)

	s.killPod(t)
	s.Clock.Step(time.Minute)
	s.Step(t, s.sandbox)
	suspended := kept
	suspended.Conditions = of(2,
		condition("Ready", metav1.ConditionFalse, "SandboxSuspended", "Sandbox is suspended", s.at(3)),
		condition("Suspended", metav1.ConditionTrue, "PodTerminated", "Pod has been terminated. Sandbox is suspended", s.at(4)))
	expectStatus(t, s.Namespace, "my-sandbox", suspended)
	expectNoWrites(t, s.Namespace, s.sandbox)
	expectNone[corev1.Pod](t, s.Namespace, "my-sandbox")
	if got := suite.Get[sandboxv1.Sandbox](t, s.Namespace, "my-sandbox").Annotations[sandboxv1.AnnotationPodName]; got != "my-sandbox" {
		t.Errorf("while it is suspended, its Pod is called %q", got)
	}

	operate(t, s.Namespace, "my-sandbox", sandboxv1.OperatingModeRunning)
	s.Clock.Step(time.Minute)
	s.Step(t, s.sandbox)
	resumed, next := kept, suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox")
	resumed.PodUID = next.UID
	resumed.Conditions = of(3,
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending; Service Exists", s.at(3)),
		condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", s.at(5)),
		condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "Pod has not reported a PodScheduled condition yet", s.at(5)))
	expectStatus(t, s.Namespace, "my-sandbox", resumed)
	if next.UID == s.pod.UID || !metav1.IsControlledBy(next, s.sandbox) {
		t.Errorf("the next Pod has UID %s and owners %v", next.UID, next.OwnerReferences)
	}
	s.SchedulePod(t, "my-sandbox")
	s.goOn(t, func(status *corev1.PodStatus) {
		*status = builder.MakePod("my-sandbox").Ready().IP("10.0.0.2").Obj().Status
	})
	resumed.NodeName, resumed.PodIPs = builder.DefaultNode, []string{"10.0.0.2"}
	resumed.Conditions = of(3,
		condition("Ready", metav1.ConditionTrue, "DependenciesReady", "Pod is Ready; Service Exists", s.at(6)),
		condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", s.at(5)),
		condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(6)))
	expectStatus(t, s.Namespace, "my-sandbox", resumed)
	expectNoWrites(t, s.Namespace, s.sandbox)
	if diff := cmp.Diff(service, suite.Get[corev1.Service](t, s.Namespace, "my-sandbox")); diff != "" {
		t.Errorf("the Service was touched (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(volume, suite.Get[corev1.PersistentVolumeClaim](t, s.Namespace, "data-my-sandbox")); diff != "" {
		t.Errorf("the PersistentVolumeClaim was touched (-before +after):\n%s", diff)
	}
}

// Suspending costs the deletion, and one status write for each of its two states.
func TestASuspendedSandboxCostsThreeWrites(t *testing.T) {
	s := newStory(t)
	s.ready(t)
	operate(t, s.Namespace, "my-sandbox", sandboxv1.OperatingModeSuspended)
	before := suite.Writes(t)
	s.Step(t, s.sandbox)
	s.Step(t, s.sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"DELETE pods": 1, "PATCH sandboxes/status": 1})
	s.killPod(t)
	gone := suite.Writes(t)
	s.Step(t, s.sandbox)
	s.Step(t, s.sandbox)
	gone.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes/status": 1})
}

// A Sandbox that is created suspended has its volumes and its Service, and no Pod.
func TestBornSuspended(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").OperatingMode(sandboxv1.OperatingModeSuspended).
		Service(true).VolumeClaimTemplate("data").Obj())
	before := suite.Writes(t)
	n.Step(t, sandbox)
	n.Step(t, sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"POST services": 1, "POST persistentvolumeclaims": 1, "PATCH sandboxes/status": 1})
	now := metav1.NewTime(n.Clock.Now())
	expectStatus(t, n, "my-sandbox", sandboxv1.SandboxStatus{
		Service: "my-sandbox", ServiceFQDN: "my-sandbox." + n.Name + ".svc.cluster.test",
		Conditions: of(1,
			condition("Ready", metav1.ConditionFalse, "SandboxSuspended", "Sandbox is suspended", now),
			condition("Suspended", metav1.ConditionTrue, "PodTerminated", "Pod has been terminated. Sandbox is suspended", now)),
	})
}

// A Pod of somebody else is not deleted. The status reports it until it is gone.
func TestSuspendedWithAPodInTheWay(t *testing.T) {
	n := suite.New(t)
	inTheWay := suite.Create(t, n, n.Editor, builder.MakePod("my-sandbox").Label("agents.x-k8s.io/adoptable", "true").Obj())
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").OperatingMode(sandboxv1.OperatingModeSuspended).Obj())
	if result := n.Step(t, sandbox); result.RequeueAfter != 10*time.Second {
		t.Errorf("looks again after %s, want 10s: no event tells when such a Pod is gone", result.RequeueAfter)
	}
	now := metav1.NewTime(n.Clock.Now())
	expectStatus(t, n, "my-sandbox", sandboxv1.SandboxStatus{Selector: "agents.x-k8s.io/sandbox-name-hash=374de8f5", Conditions: of(1,
		condition("Ready", metav1.ConditionFalse, "SandboxSuspended", "Sandbox is suspending", now),
		condition("Suspended", metav1.ConditionFalse, "PodNotOwned", "Refused to delete pod because it is not owned by this sandbox", now))})
	if diff := cmp.Diff(inTheWay, suite.Get[corev1.Pod](t, n, "my-sandbox")); diff != "" {
		t.Errorf("the Pod was touched (-before +after):\n%s", diff)
	}
	expireAt(t, n, "my-sandbox", n.Clock.Now()) // That Pod runs on, and Suspended still reports it.
	n.Step(t, sandbox)
	expectStatus(t, n, "my-sandbox", sandboxv1.SandboxStatus{Conditions: of(2,
		condition("Ready", metav1.ConditionFalse, "SandboxExpired", "Sandbox has expired", now),
		condition("Suspended", metav1.ConditionFalse, "PodNotOwned", "Refused to delete pod because it is not owned by this sandbox", now))})
	if diff := cmp.Diff(inTheWay, suite.Get[corev1.Pod](t, n, "my-sandbox")); diff != "" {
		t.Errorf("the Pod was touched (-before +after):\n%s", diff)
	}

	change(t, n, "my-sandbox", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.ShutdownTime = nil })
	n.Delete(t, n.Editor, inTheWay)
	if result := n.Step(t, sandbox); result.RequeueAfter != 0 {
		t.Errorf("looks again after %s, want not at all", result.RequeueAfter)
	}
	expectStatus(t, n, "my-sandbox", sandboxv1.SandboxStatus{Conditions: of(3,
		condition("Ready", metav1.ConditionFalse, "SandboxSuspended", "Sandbox is suspended", now),
		condition("Suspended", metav1.ConditionTrue, "PodTerminated", "Pod has been terminated. Sandbox is suspended", now))})
}

// A Pod of the Sandbox's own that has lost its labels is not in the cache. It is stopped nevertheless.
func TestAPodWithoutLabelsIsSuspended(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").OperatingMode(sandboxv1.OperatingModeSuspended).Obj())
	pod := suite.Create(t, n, n.Editor, builder.MakePod("my-sandbox").Obj())
	change(t, n, "my-sandbox", func(pod *corev1.Pod) { pod.OwnerReferences = controllerOf(sandbox) })
	n.Step(t, sandbox)
	expectNone[corev1.Pod](t, n, "my-sandbox")
	if got := suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox").Status.PodUID; got != pod.UID {
		t.Errorf("status.podUID is %s, want %s", got, pod.UID)
	}
	n.Step(t, sandbox)
	if got := readyOf(t, n, "my-sandbox"); got != "False SandboxSuspended: Sandbox is suspended" {
		t.Errorf("Ready is %s", got)
	}
}

// unreachable is an API server that gives no answer.
type unreachable struct{ client.Reader }

func (unreachable) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	return errors.New("no answer")
}

// As long as it is unknown whether the Pod is gone, the status does not say that it is.
func TestSuspendedWithoutAnAnswer(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").OperatingMode(sandboxv1.OperatingModeSuspended).Obj())
	r := n.Sandboxes(n.ReadYourWrites)
	r.Live = unreachable{}
	n.Settle(t)
	if _, err := r.Reconcile(t.Context(), sandbox); err == nil {
		t.Error("the pass ended well")
	}
	now := metav1.NewTime(n.Clock.Now())
	expectStatus(t, n, "my-sandbox", sandboxv1.SandboxStatus{Conditions: of(1,
		condition("Ready", metav1.ConditionFalse, "ReconcilerError", `Error seen: reading Pod "my-sandbox": no answer`, now),
		condition("Suspended", metav1.ConditionUnknown, "PodStateUnknown", "Pod state is unknown. Sandbox suspension cannot be confirmed", now),
		condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "Pod state is unknown. Pod scheduling cannot be determined", now))})
}
