package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// full is what the kubelet says of a Pod that it evicted.
const full = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 88Mi."

// evict does what a kubelet does that evicts the Pod, and reconciles.
func (s *story) evict(t *testing.T) {
	t.Helper()
	s.goOn(t, func(status *corev1.PodStatus) {
		status.Phase, status.Reason, status.Message = corev1.PodFailed, "Evicted", full
		status.Conditions = []corev1.PodCondition{
			{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
			{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "TerminationByKubelet", Message: full},
			{Type: corev1.PodReady, Status: corev1.ConditionFalse},
		}
	})
}

// status returns the status of the Sandbox.
func (s *story) status(t *testing.T) sandboxv1.SandboxStatus {
	t.Helper()
	return suite.Get[sandboxv1.Sandbox](t, s.Namespace, "my-sandbox").Status
}

// A Pod that its node evicted is replaced under its Sandbox, with the same name and volumes. The status gives the reason until the
// Sandbox is Ready again, and the count for ever. It costs a status, a deletion and a Pod, and what a new Pod costs anyway.
func TestAnEvictedPodIsReplaced(t *testing.T) {
	s := newStoryOf(t, builder.MakeSandbox("my-sandbox").VolumeClaimTemplate("data"))
	s.ready(t)
	volume := suite.Get[corev1.PersistentVolumeClaim](t, s.Namespace, "data-my-sandbox")
	before := suite.Writes(t)
	s.evict(t)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH pods/status": 1, "PATCH sandboxes/status": 1, "DELETE pods": 1})
	first := s.pod
	want := sandboxv1.PodReplacements{
		Count: 1, InARow: 1, LastReason: "Evicted", LastMessage: full, LastPodUID: first.UID, LastTime: s.at(3),
	}
	s.expect(t, sandboxv1.SandboxStatus{NodeName: builder.DefaultNode, PodIPs: []string{"10.0.0.1", "fd00::1"}, Replacements: &want},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod failed and is replaced: Evicted: "+full, s.at(3)),
		condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(1)))
	expectNone[corev1.Pod](t, s.Namespace, "my-sandbox")

	before = suite.Writes(t)
	s.Step(t, s.sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"POST pods": 1, "PATCH sandboxes/status": 1})
	s.pod = suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox")
	if s.pod.UID == first.UID || s.pod.Spec.Volumes[0].PersistentVolumeClaim.ClaimName != volume.Name {
		t.Errorf("the next Pod has UID %s and volumes %v", s.pod.UID, s.pod.Spec.Volumes)
	}
	s.expect(t, sandboxv1.SandboxStatus{Replacements: &want},
		condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending; the last Pod ended: Evicted: "+full, s.at(3)),
		condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "Pod has not reported a PodScheduled condition yet", s.at(3)))

	s.RunPod(t, "my-sandbox")
	before = suite.Writes(t)
	s.Step(t, s.sandbox)
	s.Step(t, s.sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes/status": 1})
	if got := said(s.status(t).Conditions); got != "True DependenciesReady: Pod is Ready" {
		t.Errorf("it says %s", got)
	}
	if got := suite.Get[corev1.PersistentVolumeClaim](t, s.Namespace, "data-my-sandbox"); got.UID != volume.UID {
		t.Error("the volume is another")
	}
	if got := s.status(t).Replacements; got == nil || got.Count != 1 {
		t.Errorf("status.replacements is %v", got)
	}
}

// Pods that end again and again are replaced later and later, which another manager knows as well.
func TestPodsOfASandboxThatEndAgain(t *testing.T) {
	s := newStory(t)
	s.evict(t)
	s.Step(t, s.sandbox)
	s.PatchPodStatus(t, "my-sandbox", func(status *corev1.PodStatus) { status.Phase, status.Reason = corev1.PodFailed, "OutOfcpu" })
	if again := s.Step(t, s.sandbox); again.RequeueAfter != 10*time.Second {
		t.Errorf("the second waits for %s, want 10s", again.RequeueAfter)
	}
	second := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox")
	s.Clock.Step(4 * time.Second)
	before := suite.Writes(t)
	if again := s.Step(t, s.sandbox); again.RequeueAfter != 6*time.Second {
		t.Errorf("four seconds later it waits for %s, want 6s", again.RequeueAfter)
	}
	before.Expect(t, suite.Writes, suite.Counts{})
	s.Clock.Step(6 * time.Second)
	s.Step(t, s.sandbox)
	s.Step(t, s.sandbox)
	if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID == second.UID {
		t.Error("after 10s, the Pod is the same")
	}
	if got := s.status(t).Replacements; got.Count != 2 || got.LastReason != "OutOfcpu" || got.LastPodUID != second.UID {
		t.Errorf("status.replacements is %+v", got)
	}
}

// The user wants to keep a Pod that failed, for its log. It is replaced when the user deletes it, or changes that.
func TestAnEndedPodThatIsKept(t *testing.T) {
	s := newStoryOf(t, builder.MakeSandbox("my-sandbox").Annotation(sandboxv1.AnnotationKeepEndedPod, "true"))
	s.ready(t)
	s.evict(t)
	s.Step(t, s.sandbox)
	if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID != s.pod.UID {
		t.Error("the Pod was replaced")
	}
	if got := said(s.status(t).Conditions); got != "False PodFailed: Pod failed: Evicted: "+full {
		t.Errorf("it says %s", got)
	}
	s.killPod(t)
	s.Step(t, s.sandbox)
	if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID == s.pod.UID {
		t.Error("the Pod is the same")
	}
}

// A word that admission refuses, and that is stored all the same, keeps the Pod until it is mended.
func TestAnEndedPodWhoseKeepingIsUnclear(t *testing.T) {
	for _, word := range []string{"True", "yes", ""} {
		t.Run(word, func(t *testing.T) {
			s := newStory(t)
			s.ready(t)
			stored := suite.Get[sandboxv1.Sandbox](t, s.Namespace, "my-sandbox")
			base := stored.DeepCopy()
			stored.Annotations[sandboxv1.AnnotationKeepEndedPod] = word
			if err := s.Controller.Patch(t.Context(), stored, client.MergeFrom(base)); err != nil { // Its own writes are not checked.
				t.Fatal(err)
			}
			s.evict(t)
			s.Step(t, s.sandbox)
			if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID != s.pod.UID || got.DeletionTimestamp != nil {
				t.Error("the Pod was replaced")
			}
			change(t, s.Namespace, "my-sandbox", func(sandbox *sandboxv1.Sandbox) {
				sandbox.Annotations[sandboxv1.AnnotationKeepEndedPod] = "false"
			})
			s.Step(t, s.sandbox)
			s.Step(t, s.sandbox)
			if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID == s.pod.UID {
				t.Error("the Pod is the same")
			}
		})
	}
}

// The user asks to keep the Pod while it waits to be replaced. A view that does not know that yet deletes nothing.
func TestAnEndedPodThatIsKeptAtTheLastMoment(t *testing.T) {
	s := newStory(t)
	s.evict(t)
	s.Step(t, s.sandbox)
	s.evict(t)
	s.Clock.Step(time.Minute)
	s.Settle(t)
	old := suite.Get[sandboxv1.Sandbox](t, s.Namespace, "my-sandbox")
	change(t, s.Namespace, "my-sandbox", func(sandbox *sandboxv1.Sandbox) {
		sandbox.Annotations[sandboxv1.AnnotationKeepEndedPod] = "true"
	})
	result, err := s.Sandboxes(s.ReadYourWrites).Reconcile(t.Context(), old)
	if err != nil || !suite.Soon(result) {
		t.Errorf("got %+v, %v; want another look soon", result, err)
	}
	suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox")
	s.Step(t, s.sandbox)
	if got := said(s.status(t).Conditions); got != "False PodFailed: Pod failed: Evicted: "+full {
		t.Errorf("it says %s", got)
	}
}

// A claim whose Pod failed and is replaced has not finished, and does not end. It says why until it is Ready again.
func TestAClaimWhosePodIsReplaced(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").
		Lifecycle(extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(0)), ShutdownPolicy: "Delete"}).Obj())
	n.Step(t, claim)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	n.Step(t, sandbox)
	first := n.PatchPodStatus(t, "mine", func(status *corev1.PodStatus) {
		status.Phase, status.Reason, status.Message = corev1.PodFailed, "Evicted", full
	})
	n.Step(t, sandbox)
	if result := n.Step(t, claim); result.RequeueAfter != 0 {
		t.Errorf("it is looked at again after %v", result.RequeueAfter)
	}
	got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status
	if want := "False DependenciesNotReady: Pod failed and is replaced: Evicted: " + full; said(got.Conditions) != want || len(got.Conditions) != 1 {
		t.Errorf("the claim says %v, want %s", got.Conditions, want)
	}
	n.Step(t, sandbox)
	n.RunPod(t, "mine")
	n.Step(t, sandbox)
	n.Step(t, claim)
	got = suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status
	if pod := suite.Get[corev1.Pod](t, n, "mine"); !isReady(got.Conditions) || got.Sandbox.PodUID != pod.UID || pod.UID == first.UID {
		t.Errorf("in the end the claim's status is %+v, and the Pod's UID %s", got, pod.UID)
	}
}
