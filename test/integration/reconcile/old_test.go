package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// oldSandbox returns a Sandbox with a Pod of another name, and that Pod.
func oldSandbox(t *testing.T, n *suite.Namespace, name string) (*sandboxv1.Sandbox, *corev1.Pod) {
	t.Helper()
	return suite.Get[sandboxv1.Sandbox](t, n, name), suite.Get[corev1.Pod](t, n, "pool-pod-of-"+name)
}

// expectPod fails unless sandbox names this Pod as its own, in its annotation and in its status.
func expectPod(t *testing.T, n *suite.Namespace, sandbox string, pod *corev1.Pod) {
	t.Helper()
	got := suite.Get[sandboxv1.Sandbox](t, n, sandbox)
	if got.Annotations[sandboxv1.AnnotationPodName] != pod.Name || got.Status.PodUID != pod.UID {
		t.Errorf("Sandbox %s has Pod %q, UID %s; want %s, UID %s",
			sandbox, got.Annotations[sandboxv1.AnnotationPodName], got.Status.PodUID, pod.Name, pod.UID)
	}
}

func TestAnOldPodIsKept(t *testing.T) {
	for _, name := range []string{"keeps", "unlabelled"} {
		t.Run(name, func(t *testing.T) {
			n := suite.OldNamespace(t)
			sandbox, pod := oldSandbox(t, n, name)
			n.Step(t, sandbox)
			n.Step(t, sandbox)
			expectPod(t, n, name, pod)
			kept := suite.Get[corev1.Pod](t, n, pod.Name)
			if got := kept.Labels[sandboxv1.LabelSandboxNameHash]; got != rules.Hash(name) {
				t.Errorf("the Pod's name hash is %q, want %q", got, rules.Hash(name))
			}
			err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: name}, &corev1.Pod{})
			if !apierrors.IsNotFound(err) {
				t.Errorf("reading a second Pod of the Sandbox: %v, want none", err)
			}
		})
	}
}

// When the old Pod is gone, the next one has the Sandbox's name.
func TestAnOldPodThatGoes(t *testing.T) {
	n := suite.OldNamespace(t)
	sandbox, pod := oldSandbox(t, n, "loses")
	n.Step(t, sandbox)
	n.Delete(t, n.Editor, pod)
	n.Step(t, sandbox)
	expectPod(t, n, "loses", suite.Get[corev1.Pod](t, n, "loses"))
}

// The next Pod has the Sandbox's name even when somebody else's Pod has the old name by then.
func TestAnOldPodWhoseNameIsTaken(t *testing.T) {
	n := suite.OldNamespace(t)
	sandbox, pod := oldSandbox(t, n, "yields")
	n.Step(t, sandbox)
	n.Delete(t, n.Editor, pod)
	taken := suite.Create(t, n, n.Controller, builder.MakePod(pod.Name).Label(sandboxv1.LabelSandboxNameHash, rules.Hash("yields")).Obj())
	n.Step(t, sandbox)
	expectPod(t, n, "yields", suite.Get[corev1.Pod](t, n, "yields"))
	if diff := cmp.Diff(taken, suite.Get[corev1.Pod](t, n, pod.Name)); diff != "" {
		t.Errorf("the other Pod was touched (-before +after):\n%s", diff)
	}
}

// After a restart the manager finds the Sandbox and its Pod as they are.
func TestAnOldPodAfterARestart(t *testing.T) {
	n := suite.OldNamespace(t)
	sandbox, pod := oldSandbox(t, n, "keeps")
	n.Step(t, sandbox)
	restarted := n.Sandboxes(n.Lagging(t).ReadYourWrites)
	before := suite.Writes(t)
	if _, err := restarted.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "keeps")); err != nil {
		t.Fatal(err)
	}
	before.Expect(t, suite.Writes, suite.Counts{})
	expectPod(t, n, "keeps", pod)
}

// A suspended Sandbox loses its Pod. The next Pod has the Sandbox's name.
func TestAnOldPodIsSuspended(t *testing.T) {
	n := suite.OldNamespace(t)
	sandbox, pod := oldSandbox(t, n, "sleeps")
	n.SchedulePod(t, pod.Name)
	n.Step(t, sandbox)
	operate(t, n, "sleeps", sandboxv1.OperatingModeSuspended)
	n.Step(t, sandbox)
	expectPod(t, n, "sleeps", pod) // The Pod is recorded as long as it exists.
	if got := readyOf(t, n, "sleeps"); got != "False SandboxSuspended: Sandbox is suspending" {
		t.Errorf("Ready is %s", got)
	}
	if err := n.Admin.Delete(t.Context(), pod, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	n.Step(t, sandbox)
	expectPod(t, n, "sleeps", &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "sleeps"}})
	if got := readyOf(t, n, "sleeps"); got != "False SandboxSuspended: Sandbox is suspended" {
		t.Errorf("Ready is %s", got)
	}
	expectNoWrites(t, n, sandbox)
	operate(t, n, "sleeps", sandboxv1.OperatingModeRunning)
	n.Step(t, sandbox)
	expectPod(t, n, "sleeps", suite.Get[corev1.Pod](t, n, "sleeps"))
}

// An expired Sandbox loses its Pod, whatever its annotation says. A revived one gets a Pod of its own name. (W4)
func TestAnOldPodExpires(t *testing.T) {
	for _, name := range []string{"ends", "ends-misnamed"} {
		t.Run(name, func(t *testing.T) {
			n := suite.OldNamespace(t)
			sandbox, pod := oldSandbox(t, n, name)
			expireAt(t, n, name, n.Clock.Now())
			n.Step(t, sandbox)
			expectNone[corev1.Pod](t, n, pod.Name)
			n.Step(t, sandbox)
			expectPod(t, n, name, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}})
			expectNoWrites(t, n, sandbox)
			expireAt(t, n, name, n.Clock.Now().Add(time.Hour))
			n.Step(t, sandbox)
			expectPod(t, n, name, suite.Get[corev1.Pod](t, n, name))
		})
	}
}

// The owner's UID decides to which Sandbox a Pod belongs, and the annotation follows.
func TestAnOldPodUnderAWrongName(t *testing.T) {
	for _, name := range []string{"misnamed", "unnamed"} {
		t.Run(name, func(t *testing.T) {
			n := suite.OldNamespace(t)
			sandbox, pod := oldSandbox(t, n, name)
			n.Step(t, sandbox)
			expectPod(t, n, name, pod)
			expectNone[corev1.Pod](t, n, name)
			expectNoWrites(t, n, sandbox)
		})
	}
}

// A Sandbox that names something that cannot be a Pod gets a Pod of its own name, and then records it. Its user may record it
// first.
func TestAnOldPodNameThatIsNone(t *testing.T) {
	n := suite.OldNamespace(t)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "slashed")
	n.Step(t, sandbox)
	n.Step(t, sandbox)
	expectPod(t, n, "slashed", suite.Get[corev1.Pod](t, n, "slashed"))
	expectNoWrites(t, n, sandbox)

	for _, patch := range []string{`"slashed-too"`, `null`} {
		corrected := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"annotations":{"agents.x-k8s.io/pod-name":`+patch+`}}}`))
		err := n.Editor.Patch(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "slashed-too"), corrected, client.DryRunAll)
		if err != nil {
			t.Errorf("setting the name to %s: %v", patch, err)
		}
	}
}

// With two Pods it is unclear which one is the Sandbox's. The Sandbox reports that once, and waits until one is gone. What it says of
// its volumes is clear.
func TestAnOldSandboxWithTwoPods(t *testing.T) {
	n := suite.OldNamespace(t)
	sandbox, pod := oldSandbox(t, n, "doubled")
	second := suite.Get[corev1.Pod](t, n, "doubled")
	began := metav1.NewTime(n.Clock.Now())
	const message = "multiple Pods (2) are controlled by this Sandbox; refusing to choose or create a Pod"
	n.Events()
	before := suite.Writes(t)
	for range 3 {
		if result := n.Step(t, sandbox); result.RequeueAfter != 0 {
			t.Errorf("looks again after %s, want not at all", result.RequeueAfter)
		}
	}
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes/status": 1})
	expectEvents(t, n, "Warning MultiplePods "+message)
	expectStatus(t, n, "doubled", sandboxv1.SandboxStatus{Conditions: of(1,
		condition("Ready", metav1.ConditionFalse, "MultiplePods", message, began),
		condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", began),
		condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "Pod state is unknown. Pod scheduling cannot be determined", began))})

	operate(t, n, "doubled", sandboxv1.OperatingModeSuspended)
	suspended := suite.Writes(t)
	n.Step(t, sandbox)
	suspended.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes/status": 1})
	expectEvents(t, n)
	operate(t, n, "doubled", sandboxv1.OperatingModeRunning)
	change(t, n, "doubled", func(sandbox *sandboxv1.Sandbox) {
		metav1.SetMetaDataAnnotation(&sandbox.ObjectMeta, sandboxv1.AnnotationVolumesWhenDeleted, sandboxv1.VolumesWhenDeletedRetain)
	})
	n.Step(t, sandbox)
	expectKept(t, n, "with two Pods", "data-doubled", sandbox, true)

	n.Delete(t, n.Editor, second)
	n.Step(t, sandbox)
	expectPod(t, n, "doubled", pod)
	if got := readyOf(t, n, "doubled"); got != "False DependenciesNotReady: Pod exists with phase: Pending" {
		t.Errorf("Ready is %s", got)
	}
}

// A Service from that time selects by the hash of a name. The Pod gets the more specific label first.
func TestAnOldServiceSelectsItsPodAllTheTime(t *testing.T) {
	n := suite.OldNamespace(t)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "by-hash")
	n.Settle(t)
	selected := func() bool {
		service := suite.Get[corev1.Service](t, n, "by-hash")
		return labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(suite.Get[corev1.Pod](t, n, "by-hash").Labels))
	}
	writes := 0
	r := n.Sandboxes(suite.Before(n.ReadYourWrites, func(w suite.Write) error {
		writes++
		if !selected() {
			t.Errorf("before write %d, to %T, the Service does not select the Pod", writes, w.Object)
		}
		return nil
	}))
	if _, err := r.Reconcile(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}
	if writes != 3 || !selected() {
		t.Errorf("%d writes, and then the Service selects the Pod: %t", writes, selected())
	}
	if got := suite.Get[corev1.Service](t, n, "by-hash").Spec.Selector["agents.x-k8s.io/sandbox-uid"]; got != string(sandbox.UID) {
		t.Errorf("the selector has UID %q", got)
	}
	expectNoWrites(t, n, sandbox)
}
