package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// expectClaim compares the whole status of the claim "mine".
func expectClaim(t *testing.T, n *suite.Namespace, want extensionsv1.SandboxClaimStatus) {
	t.Helper()
	want.ObservedGeneration = meta.FindStatusCondition(want.Conditions, extensionsv1.ConditionReady).ObservedGeneration
	equal := cmp.Comparer(func(a, b metav1.Time) bool { return a.Equal(&b) })
	if diff := cmp.Diff(want, suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status, equal); diff != "" {
		t.Errorf("status of the claim (-want +got):\n%s", diff)
	}
}

func expectEvents(t *testing.T, n *suite.Namespace, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, n.Events()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// This follows a claim of a warm Sandbox from its admission to the end of its Pod, with every reconciler and a kubelet in
// turn.
func TestAWarmClaim(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	n.Step(t, pool)
	members := poolMembers(t, n, pool)
	if len(members) != 1 {
		t.Fatalf("the pool has %d members, want 1", len(members))
	}
	warm := &members[0]
	n.Step(t, warm)
	pod := n.RunPod(t, warm.Name)
	n.Step(t, warm)
	n.AwaitOffer(t, pool, true)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	n.Step(t, claim)

	now := metav1.NewTime(n.Clock.Now())
	status := extensionsv1.SandboxClaimStatus{
		Sandbox:    extensionsv1.ClaimedSandbox{Name: warm.Name, UID: warm.UID, PodIPs: []string{builder.DefaultPodIP}, PodUID: pod.UID},
		Conditions: []metav1.Condition{condition("Ready", metav1.ConditionTrue, "DependenciesReady", "Pod is Ready", now)},
	}
	expectClaim(t, n, status)
	expectEvents(t, n, `Normal SandboxAdopted Adopted warm pool Sandbox "`+warm.Name+`"`)
	adopted := suite.Get[sandboxv1.Sandbox](t, n, warm.Name)
	want := metav1.ObjectMeta{
		Labels: map[string]string{
			"agents.x-k8s.io/claim-uid": string(claim.UID), "agents.x-k8s.io/launch-type": "warm",
			"agents.x-k8s.io/sandbox-template-ref-hash": rules.Hash("python"),
		},
		Annotations:     map[string]string{"agents.x-k8s.io/pod-name": warm.Name, "agents.x-k8s.io/sandbox-template-ref": "python"},
		OwnerReferences: []metav1.OwnerReference{*rules.ClaimOwner(claim)},
	}
	got := metav1.ObjectMeta{Labels: adopted.Labels, Annotations: adopted.Annotations, OwnerReferences: adopted.OwnerReferences}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata of the adopted Sandbox (-want +got):\n%s", diff)
	}

	// The Pod is replaced. The Sandbox stays the same, and the claim shows the new Pod.
	n.Delete(t, n.Editor, pod)
	n.Clock.Step(time.Minute)
	n.Step(t, warm)
	n.Step(t, claim)
	status.Sandbox.PodIPs, status.Sandbox.PodUID = nil, suite.Get[sandboxv1.Sandbox](t, n, warm.Name).Status.PodUID
	status.Conditions = []metav1.Condition{condition(
		"Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod exists with phase: Pending", metav1.NewTime(n.Clock.Now()))}
	expectClaim(t, n, status)
	if status.Sandbox.PodUID == pod.UID {
		t.Error("the Pod has the UID of the one before")
	}
}

// A claim does not wait for a Sandbox that still starts in the pool, and the end of the claim does not end that Sandbox.
func TestAColdClaim(t *testing.T) {
	n := suite.New(t)
	starting := n.Member(t, n.Pool(t, "python"), "aaaaa")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Label("agents.x-k8s.io/created-by", "python-client").
		Lifecycle(soon(n, "")).Obj())
	n.Step(t, claim)
	expectEvents(t, n, `Normal SandboxProvisioned Created Sandbox "mine"`)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	starting = suite.Get[sandboxv1.Sandbox](t, n, starting.Name)
	if rules.ControlledBy(starting, claim) || sandbox.Spec.ShutdownTime != nil {
		t.Errorf("%s is owned by %v; the claim's Sandbox ends at %v", starting.Name, starting.OwnerReferences, sandbox.Spec.ShutdownTime)
	}
	want := metav1.ObjectMeta{
		Labels: map[string]string{
			"agents.x-k8s.io/claim-uid": string(claim.UID), "agents.x-k8s.io/launch-type": "cold",
			"agents.x-k8s.io/created-by": "python-client", "agents.x-k8s.io/sandbox-template-ref-hash": rules.Hash("python"),
		},
		Annotations:     map[string]string{"agents.x-k8s.io/pod-name": "mine", "agents.x-k8s.io/sandbox-template-ref": "python"},
		OwnerReferences: []metav1.OwnerReference{*rules.ClaimOwner(claim)},
	}
	got := metav1.ObjectMeta{Labels: sandbox.Labels, Annotations: sandbox.Annotations, OwnerReferences: sandbox.OwnerReferences}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata of the Sandbox (-want +got):\n%s", diff)
	}
	n.Step(t, sandbox)
	pod := n.RunPod(t, "mine")
	n.Step(t, sandbox)
	n.Step(t, claim)
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{
		Sandbox:    extensionsv1.ClaimedSandbox{Name: "mine", UID: sandbox.UID, PodIPs: []string{builder.DefaultPodIP}, PodUID: pod.UID},
		Conditions: []metav1.Condition{condition("Ready", metav1.ConditionTrue, "DependenciesReady", "Pod is Ready", metav1.NewTime(n.Clock.Now()))},
	})
}

// A claim that waits says what for, once.
func TestAClaimThatWaits(t *testing.T) {
	n := suite.New(t)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	for range 2 {
		if result := n.Step(t, claim); result.RequeueAfter != 0 {
			t.Errorf("it is looked at again after %s: the pool's creation wakes it", result.RequeueAfter)
		}
	}
	expectEvents(t, n, `Warning WarmPoolNotFound SandboxWarmPool "python" not found`)
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{condition(
		"Ready", metav1.ConditionFalse, "WarmPoolNotFound", `SandboxWarmPool "python" not found`, metav1.NewTime(n.Clock.Now()))}})
}

// The claim reports how its Sandbox ended.
func TestAClaimThatFinishes(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").RestartPolicy(corev1.RestartPolicyNever).Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	n.Step(t, claim)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	n.Step(t, sandbox)
	pod := n.PatchPodStatus(t, "mine", func(status *corev1.PodStatus) { status.Phase = corev1.PodFailed })
	n.Step(t, sandbox)
	n.Step(t, claim)
	now := metav1.NewTime(n.Clock.Now())
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{
		Sandbox: extensionsv1.ClaimedSandbox{Name: "mine", UID: sandbox.UID, PodUID: pod.UID},
		Conditions: []metav1.Condition{
			condition("Finished", metav1.ConditionTrue, "PodFailed", "Pod failed", now),
			condition("Ready", metav1.ConditionFalse, "PodFailed", "Pod failed", now),
		},
	})
}
