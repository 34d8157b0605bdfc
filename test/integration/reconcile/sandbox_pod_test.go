package reconcile

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// killPod does what a kubelet does at the end of a terminating Pod.
func (s *story) killPod(t *testing.T) {
	t.Helper()
	if err := s.Admin.Delete(t.Context(), s.pod, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
}

func readyOf(t *testing.T, n *suite.Namespace, name string) string {
	t.Helper()
	ready := meta.FindStatusCondition(suite.Get[sandboxv1.Sandbox](t, n, name).Status.Conditions, sandboxv1.ConditionReady)
	if ready == nil {
		return "no condition"
	}
	return string(ready.Status) + " " + ready.Reason + ": " + ready.Message
}

func TestThePodIsANamesake(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").
		PodLabel("team", "blue").PodLabel("agents.x-k8s.io/claim-uid", "forged").PodAnnotation("note", "of the template").Obj())
	n.Step(t, sandbox)
	pod := suite.Get[corev1.Pod](t, n, "my-sandbox")
	want := metav1.ObjectMeta{
		Labels: map[string]string{
			"team": "blue", "agents.x-k8s.io/sandbox-name-hash": "374de8f5", "agents.x-k8s.io/sandbox-uid": string(sandbox.UID),
		},
		Annotations: map[string]string{
			"note": "of the template", "agents.x-k8s.io/propagated-labels": "team", "agents.x-k8s.io/propagated-annotations": "note",
		},
		OwnerReferences: []metav1.OwnerReference{*rules.SandboxOwner(sandbox)},
	}
	got := metav1.ObjectMeta{Labels: pod.Labels, Annotations: pod.Annotations, OwnerReferences: pod.OwnerReferences}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata of the Pod (-want +got):\n%s", diff)
	}
	if got := pod.ManagedFields[0].Manager; got != "sandbox-controller" {
		t.Errorf("created by %q", got)
	}
}

// Labels follow the template while the Pod runs. What others wrote on the Pod stays.
func TestPodLabelsFollowTheTemplate(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").PodLabel("old", "1").PodLabel("kept", "1").Obj())
	n.Step(t, sandbox)
	pod := suite.Get[corev1.Pod](t, n, "my-sandbox")
	base := pod.DeepCopy()
	pod.Labels["others"] = "1"
	if err := n.Editor.Patch(t.Context(), pod, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	before := sandbox.DeepCopy()
	sandbox.Spec.PodTemplate.Metadata.Labels = map[string]string{"kept": "2", "new": "1"}
	if err := n.Editor.Patch(t.Context(), sandbox, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	n.Step(t, sandbox)
	want := map[string]string{
		"kept": "2", "new": "1", "others": "1",
		"agents.x-k8s.io/sandbox-name-hash": "374de8f5", "agents.x-k8s.io/sandbox-uid": string(sandbox.UID),
	}
	if diff := cmp.Diff(want, suite.Get[corev1.Pod](t, n, "my-sandbox").Labels); diff != "" {
		t.Errorf("labels of the Pod (-want +got):\n%s", diff)
	}
}

// The Pod is made once. It stays as it is when the Sandbox's spec changes, or when somebody changes the Pod's spec. The next
// Pod follows the Sandbox.
func TestTheSpecOfAPodStays(t *testing.T) {
	s := newStory(t)
	s.ready(t)
	change(t, s.Namespace, "my-sandbox", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.PodTemplate.Spec.Containers[0].Image = "another" })
	s.Step(t, s.sandbox)
	expectNoWrites(t, s.Namespace, s.sandbox)
	kept := change(t, s.Namespace, "my-sandbox", func(pod *corev1.Pod) { pod.Spec.Containers[0].Image = "patched" })
	expectNoWrites(t, s.Namespace, s.sandbox)
	if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID != s.pod.UID || got.ResourceVersion != kept.ResourceVersion {
		t.Error("the Pod was written")
	}
	s.killPod(t)
	s.Step(t, s.sandbox)
	if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.Spec.Containers[0].Image != "another" {
		t.Errorf("the next Pod has image %s", got.Spec.Containers[0].Image)
	}
}

// Nothing that selects Pods by their labels counts the Pod of an adopted Sandbox to the pool any more.
func TestPodLabelsAfterAdoption(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Offered(t, pool, "aaaaa")
	n.Step(t, warm)
	hash := rules.Hash("python-aaaaa")
	want := map[string]string{
		"agents.x-k8s.io/sandbox-name-hash": hash, "agents.x-k8s.io/sandbox-uid": string(warm.UID), "agents.x-k8s.io/created-by": "controller",
		"agents.x-k8s.io/sandbox-template-ref-hash": rules.Hash("python"), "agents.x-k8s.io/warm-pool-sandbox": rules.Hash("python"),
	}
	if diff := cmp.Diff(want, suite.Get[corev1.Pod](t, n, warm.Name).Labels); diff != "" {
		t.Errorf("labels of the warm Pod (-want +got):\n%s", diff)
	}

	n.MakeReady(t, suite.Get[sandboxv1.Sandbox](t, n, warm.Name))
	n.AwaitOffer(t, pool, true)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Label("agents.x-k8s.io/created-by", "go-client").Obj())
	n.Step(t, claim)
	n.Step(t, warm)
	want = map[string]string{
		"agents.x-k8s.io/sandbox-name-hash": hash, "agents.x-k8s.io/sandbox-uid": string(warm.UID), "agents.x-k8s.io/created-by": "go-client",
		"agents.x-k8s.io/sandbox-template-ref-hash": rules.Hash("python"), "agents.x-k8s.io/claim-uid": string(claim.UID),
	}
	if diff := cmp.Diff(want, suite.Get[corev1.Pod](t, n, warm.Name).Labels); diff != "" {
		t.Errorf("labels of the adopted Pod (-want +got):\n%s", diff)
	}
	served := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
	if served.Status.Sandbox.UID != warm.UID {
		t.Errorf("status.sandbox is %+v, want UID %s", served.Status.Sandbox, warm.UID)
	}
}

// A Pod of the Sandbox's own that has lost its labels, or never had any, is not in the cache. The reconciler finds it live.
func TestAPodWithoutLabels(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Obj())
	pod := suite.Create(t, n, n.Admin, builder.MakePod("my-sandbox").Obj())
	base := pod.DeepCopy()
	pod.OwnerReferences = []metav1.OwnerReference{*rules.SandboxOwner(sandbox)}
	if err := n.Admin.Patch(t.Context(), pod, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	n.Step(t, sandbox)
	got := suite.Get[corev1.Pod](t, n, "my-sandbox")
	if got.UID != pod.UID || got.Labels["agents.x-k8s.io/sandbox-name-hash"] != "374de8f5" {
		t.Errorf("the Pod has UID %s and labels %v, want UID %s and the hash of its name", got.UID, got.Labels, pod.UID)
	}
	if got := suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox").Status.PodUID; got != pod.UID {
		t.Errorf("status.podUID is %s, want %s", got, pod.UID)
	}
}

// withoutAPod returns the conditions of a Sandbox that cannot have its Pod, with the reason.
func withoutAPod(reason, why string, since metav1.Time) []metav1.Condition {
	return of(1,
		condition("Ready", metav1.ConditionFalse, reason, why, since),
		condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", since),
		condition("PodScheduled", metav1.ConditionUnknown, "PodSchedulingUnknown", "Pod state is unknown. Pod scheduling cannot be determined", since))
}

// When the API server finds the Pod of a Sandbox invalid, the Sandbox reports that in the API server's words. It is tried again when
// the spec changes.
func TestAPodThatIsRefused(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Containers(mounting("workspace")).Obj())
	r := n.Sandboxes(n.ReadYourWrites)
	step := func() time.Duration {
		t.Helper()
		n.Settle(t)
		result, err := r.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox"))
		if err != nil {
			t.Fatal(err)
		}
		return result.RequeueAfter
	}
	before := suite.Writes(t)
	if again := step(); again != 10*time.Minute {
		t.Errorf("it is looked at again after %s, want 10m", again)
	}
	const why = `Error seen: creating Pod "my-sandbox": Pod "my-sandbox" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "workspace"`
	expectStatus(t, n, "my-sandbox", sandboxv1.SandboxStatus{Conditions: withoutAPod("InvalidConfiguration", why, metav1.NewTime(n.Clock.Now()))})
	n.Clock.Step(9 * time.Minute)
	step() // As for an event.
	before.Expect(t, suite.Writes, suite.Counts{"POST pods": 1, "PATCH sandboxes/status": 1})

	before = suite.Writes(t)
	n.Clock.Step(time.Minute)
	step()
	before.Expect(t, suite.Writes, suite.Counts{"POST pods": 1})

	change(t, n, "my-sandbox", func(sandbox *sandboxv1.Sandbox) {
		sandbox.Spec.PodTemplate.Spec.Volumes = []corev1.Volume{{Name: "workspace", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	})
	step()
	if pod := suite.Get[corev1.Pod](t, n, "my-sandbox"); !metav1.IsControlledBy(pod, sandbox) {
		t.Errorf("after the change, the Pod's owners are %v", pod.OwnerReferences)
	}
}

// mounting returns a container that mounts the volume of that name.
func mounting(volume string) corev1.Container {
	return corev1.Container{
		Name: "main", Image: "python:3.13-slim", VolumeMounts: []corev1.VolumeMount{{Name: volume, MountPath: "/workspace"}},
	}
}

// A denial by a ValidatingAdmissionPolicy has the code of an invalid Pod, and may end. It is tried again soon.
func TestAPodThatIsDenied(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Obj())
	refuse(t, n, admissionv1.Create, "", "pods", func(ctx context.Context) error {
		return n.Admin.Create(ctx, builder.MakePod("probe").Namespace(n.Name).Obj(), client.DryRunAll)
	})
	if _, err := n.TryStep(t, sandbox); !apierrors.IsInvalid(err) {
		t.Errorf("the pass ended with %v, want the denial", err)
	}
	if got := readyOf(t, n, "my-sandbox"); !strings.HasPrefix(got, "False ReconcilerError: Error seen: ") {
		t.Errorf("Ready is %s", got)
	}
}

// The API server reports everything that is wrong with a Pod, which can be more than a condition holds. The condition says how that
// begins, in the same words each time.
func TestAPodThatIsRefusedAtLength(t *testing.T) {
	n := suite.New(t)
	main := corev1.Container{Name: "main", Image: builder.DefaultImage}
	for i := range 700 {
		main.Env = append(main.Env, corev1.EnvVar{Name: strings.Repeat("x", i+1) + "="})
	}
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Containers(main).Obj())
	n.Step(t, sandbox)
	said := readyOf(t, n, "my-sandbox")
	const begins = `False InvalidConfiguration: Error seen: creating Pod "my-sandbox": Pod "my-sandbox" is invalid: [spec.containers[0].env[0].name: `
	if !strings.HasPrefix(said, begins) || !strings.HasSuffix(said, "...") || len(said) < 2000 || len(said) > 4000 {
		t.Errorf("Ready has %d bytes: %.200s", len(said), said)
	}
	before := suite.Writes(t)
	r := n.Sandboxes(n.ReadYourWrites) // Another manager, which does not know yet, and then does.
	for range 2 {
		n.Settle(t)
		if _, err := r.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox")); err != nil {
			t.Fatal(err)
		}
	}
	before.Expect(t, suite.Writes, suite.Counts{"POST pods": 1}) // It is reported once.
}
