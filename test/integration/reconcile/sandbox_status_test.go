package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// story is a Sandbox that the test leads from state to state, one minute each.
type story struct {
	*suite.Namespace

	sandbox *sandboxv1.Sandbox
	pod     *corev1.Pod
	began   time.Time
}

func newStory(t *testing.T) *story {
	t.Helper()
	return newStoryOf(t, builder.MakeSandbox("my-sandbox"))
}

func newStoryOf(t *testing.T, sandbox *builder.SandboxWrapper) *story {
	t.Helper()
	n := suite.New(t)
	s := &story{Namespace: n, began: n.Clock.Now()}
	s.sandbox = suite.Create(t, n, n.Editor, sandbox.Obj())
	n.Step(t, s.sandbox)
	s.pod = suite.Get[corev1.Pod](t, n, "my-sandbox")
	return s
}

// goOn changes the Pod's status a minute later, and reconciles.
func (s *story) goOn(t *testing.T, change func(*corev1.PodStatus)) {
	t.Helper()
	s.Clock.Step(time.Minute)
	s.PatchPodStatus(t, "my-sandbox", change)
	s.Step(t, s.sandbox)
}

// at returns the time after that many minutes.
func (s *story) at(minutes int) metav1.Time {
	return metav1.NewTime(s.began.Add(time.Duration(minutes) * time.Minute))
}

func condition(kind string, status metav1.ConditionStatus, reason, message string, since metav1.Time) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: 1, LastTransitionTime: since}
}

// expect compares the whole status. Suspended is False throughout; the other conditions are ready and others.
func (s *story) expect(t *testing.T, want sandboxv1.SandboxStatus, ready metav1.Condition, others ...metav1.Condition) {
	t.Helper()
	want.Selector = "agents.x-k8s.io/sandbox-name-hash=374de8f5"
	want.PodUID = s.pod.UID
	want.Conditions = append([]metav1.Condition{
		ready, condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", s.at(0)),
	}, others...)
	expectStatus(t, s.Namespace, "my-sandbox", want)
}

func TestStatusOfANewSandbox(t *testing.T) {
	s := newStory(t)
	s.expect(t, sandboxv1.SandboxStatus{},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending", s.at(0)),
		condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "Pod has not reported a PodScheduled condition yet", s.at(0)))
}

func TestStatusOfAPendingSandbox(t *testing.T) {
	s := newStory(t)
	s.goOn(t, func(status *corev1.PodStatus) {
		status.Conditions = []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available",
		}}
	})
	s.expect(t, sandboxv1.SandboxStatus{},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending", s.at(0)),
		condition("PodScheduled", metav1.ConditionFalse, "Unschedulable", "0/3 nodes are available", s.at(1)))
}

// A scheduler may give a reason and a status that are invalid in a condition of a Sandbox. The rest is reported nevertheless.
func TestStatusOfASandboxInAnothersWords(t *testing.T) {
	s := newStory(t)
	s.goOn(t, func(status *corev1.PodStatus) {
		status.Conditions = []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "quota-exceeded", Message: "tenant a has no GPU left",
		}}
	})
	s.expect(t, sandboxv1.SandboxStatus{},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending", s.at(0)),
		condition("PodScheduled", metav1.ConditionFalse, "PodSchedulingUnknown", "tenant a has no GPU left", s.at(1)))
	s.goOn(t, func(status *corev1.PodStatus) {
		status.Conditions[0].Status, status.Conditions[0].Message = "Perhaps", "soon"
	})
	s.expect(t, sandboxv1.SandboxStatus{},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending", s.at(0)),
		condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "soon", s.at(2)))
}

func TestStatusOfARunningSandbox(t *testing.T) {
	s := newStory(t)
	s.SchedulePod(t, "my-sandbox")
	s.goOn(t, func(status *corev1.PodStatus) { status.Phase = corev1.PodRunning })
	s.expect(t, sandboxv1.SandboxStatus{NodeName: builder.DefaultNode},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod is Running but not Ready", s.at(0)),
		condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(1)))
}

func TestStatusOfASandboxWithoutAnAddress(t *testing.T) {
	s := newStory(t)
	s.goOn(t, func(status *corev1.PodStatus) { *status = builder.MakePod("my-sandbox").Ready().IP().Obj().Status })
	s.expect(t, sandboxv1.SandboxStatus{},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod is Ready but has no podIPs yet", s.at(0)),
		condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(1)))
}

// ready leads the Sandbox to Ready in its second minute.
func (s *story) ready(t *testing.T) {
	t.Helper()
	s.SchedulePod(t, "my-sandbox")
	s.goOn(t, func(status *corev1.PodStatus) { status.Phase = corev1.PodRunning })
	s.goOn(t, func(status *corev1.PodStatus) {
		*status = builder.MakePod("my-sandbox").Ready().IP("10.0.0.1", "fd00::1").Obj().Status
	})
}

func TestStatusOfAReadySandbox(t *testing.T) {
	s := newStory(t)
	s.ready(t)
	s.expect(t, sandboxv1.SandboxStatus{NodeName: builder.DefaultNode, PodIPs: []string{"10.0.0.1", "fd00::1"}},
		condition("Ready", metav1.ConditionTrue, "DependenciesReady", "Pod is Ready", s.at(2)),
		condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(1)))
}

// A Sandbox that has a Service is Ready only when the Service is there, too.
func TestStatusOfAReadySandboxWithAService(t *testing.T) {
	s := newStoryOf(t, builder.MakeSandbox("my-sandbox").Service(true))
	service := sandboxv1.SandboxStatus{Service: "my-sandbox", ServiceFQDN: "my-sandbox." + s.Name + ".svc.cluster.test"}
	s.expect(t, service,
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending; Service Exists", s.at(0)),
		condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "Pod has not reported a PodScheduled condition yet", s.at(0)))
	s.ready(t)
	service.NodeName, service.PodIPs = builder.DefaultNode, []string{"10.0.0.1", "fd00::1"}
	s.expect(t, service,
		condition("Ready", metav1.ConditionTrue, "DependenciesReady", "Pod is Ready; Service Exists", s.at(2)),
		condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(1)))
	expectNoWrites(t, s.Namespace, s.sandbox)
}

func TestStatusOfASandboxThatEnded(t *testing.T) {
	for phase, want := range map[corev1.PodPhase]struct{ reason, message string }{
		corev1.PodSucceeded: {"PodSucceeded", "Pod completed successfully"},
		corev1.PodFailed:    {"PodFailed", "Pod failed"},
	} {
		t.Run(string(phase), func(t *testing.T) {
			s := newStoryOf(t, builder.MakeSandbox("my-sandbox").RestartPolicy(corev1.RestartPolicyNever))
			s.ready(t)
			s.goOn(t, func(status *corev1.PodStatus) { status.Phase = phase })
			s.Step(t, s.sandbox) // The Pod is not replaced.
			s.expect(t, sandboxv1.SandboxStatus{NodeName: builder.DefaultNode, PodIPs: []string{"10.0.0.1", "fd00::1"}},
				condition("Ready", metav1.ConditionFalse, want.reason, want.message, s.at(3)),
				condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(1)),
				condition("Finished", metav1.ConditionTrue, want.reason, want.message, s.at(3)))
		})
	}
}

// A terminating Pod says Ready until its end. The Sandbox does not.
func TestStatusOfASandboxWhosePodGoes(t *testing.T) {
	s := newStory(t)
	s.ready(t)
	s.Delete(t, s.Editor, s.pod)
	s.Clock.Step(time.Minute)
	s.Step(t, s.sandbox)
	s.expect(t, sandboxv1.SandboxStatus{NodeName: builder.DefaultNode, PodIPs: []string{"10.0.0.1", "fd00::1"}},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod is terminating", s.at(3)),
		condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(1)))
	if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID != s.pod.UID {
		t.Error("the Pod was replaced before it was gone")
	}
}

// When the Pod is gone, the next one has the same name, and the status shows that it is another Pod.
func TestStatusOfASandboxWithItsNextPod(t *testing.T) {
	s := newStory(t)
	s.ready(t)
	s.killPod(t)
	s.Clock.Step(time.Minute)
	s.Step(t, s.sandbox)
	next := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox")
	if next.UID == s.pod.UID || !metav1.IsControlledBy(next, s.sandbox) {
		t.Fatalf("the next Pod has UID %s and owners %v", next.UID, next.OwnerReferences)
	}
	s.pod = next
	s.expect(t, sandboxv1.SandboxStatus{},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending", s.at(3)),
		condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "Pod has not reported a PodScheduled condition yet", s.at(3)))
}
