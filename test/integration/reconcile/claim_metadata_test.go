package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

const team = "sandbox.users.io/team"

// labelled creates template and pool "python", whose Pods have the label app=x and the annotation note=n.
func labelled(t *testing.T, n *suite.Namespace) *extensionsv1.SandboxWarmPool {
	t.Helper()
	n.Template(t, builder.MakeTemplate("python").PodLabel("app", "x").PodAnnotation("note", "n").Obj())
	return suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj())
}

// expectPodMetadata compares the pod metadata of a Sandbox, and the part of it that is noted as the claim's.
func expectPodMetadata(t *testing.T, n *suite.Namespace, sandbox string, labels, annotations map[string]string, noted ...string) {
	t.Helper()
	got := suite.Get[sandboxv1.Sandbox](t, n, sandbox)
	if diff := cmp.Diff(sandboxv1.PodMetadata{Labels: labels, Annotations: annotations}, got.Spec.PodTemplate.Metadata); diff != "" {
		t.Errorf("pod metadata (-want +got):\n%s", diff)
	}
	is := []string{got.Annotations["agents.x-k8s.io/claim-labels"], got.Annotations["agents.x-k8s.io/claim-annotations"]}
	if diff := cmp.Diff(noted, is); diff != "" {
		t.Errorf("noted as the claim's (-want +got):\n%s", diff)
	}
}

// addToPod changes what the claim "mine" adds to its Pod, as its user does.
func addToPod(t *testing.T, n *suite.Namespace, metadata sandboxv1.PodMetadata) {
	t.Helper()
	claim := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
	claim.Spec.AdditionalPodMetadata = metadata
	if err := n.Editor.Update(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
}

type pairs = map[string]string

// The adoption writes what a claim adds, in the same two writes. It reaches the Pod, and follows the claim.
func TestAClaimAddsToAWarmPod(t *testing.T) {
	n := suite.New(t)
	pool := labelled(t, n)
	warm := n.Member(t, pool, "aaaaa")
	n.Step(t, warm)
	n.RunPod(t, warm.Name)
	n.Step(t, warm)
	n.AwaitOffer(t, pool, true)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").PodLabel(team, "blue").PodAnnotation("a", "1").Obj())
	if rules.Binding(claim) != warm.Name {
		t.Fatalf("admission bound the claim to %q, want %q", rules.Binding(claim), warm.Name)
	}
	n.Settle(t)
	writes := suite.Writes(t)
	n.Step(t, claim)
	writes.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxes": 1, "PATCH sandboxclaims/status": 1})
	expectPodMetadata(t, n, warm.Name, pairs{"app": "x", team: "blue"}, pairs{"note": "n", "a": "1"}, team, "a")
	since := metav1.NewTime(n.Clock.Now())
	expectClaim(t, n, extensionsv1.SandboxClaimStatus{
		Sandbox: extensionsv1.ClaimedSandbox{
			Name: warm.Name, UID: warm.UID, PodIPs: []string{builder.DefaultPodIP}, PodUID: suite.Get[corev1.Pod](t, n, warm.Name).UID,
		},
		Conditions: []metav1.Condition{condition("Ready", metav1.ConditionFalse, "SandboxNotReady", "Sandbox has changed and is not ready yet", since)},
	})

	expectPod := func(want pairs) {
		t.Helper()
		n.Step(t, warm)
		pod := suite.Get[corev1.Pod](t, n, warm.Name)
		got := pairs{}
		for _, m := range []pairs{pod.Labels, pod.Annotations} {
			for _, key := range []string{"app", team, "note", "a", "b"} {
				if value, ok := m[key]; ok {
					got[key] = value
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of the Pod's labels and annotations (-want +got):\n%s", diff)
		}
	}
	expectPod(pairs{"app": "x", team: "blue", "note": "n", "a": "1"})
	n.Step(t, claim)
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine"); !isReady(got.Status.Conditions) {
		t.Errorf("the claim is not Ready again: %v", got.Status.Conditions)
	}

	addToPod(t, n, sandboxv1.PodMetadata{Labels: pairs{team: "red"}, Annotations: pairs{"b": "2"}})
	n.Step(t, claim)
	expectPodMetadata(t, n, warm.Name, pairs{"app": "x", team: "red"}, pairs{"note": "n", "b": "2"}, team, "b")
	expectPod(pairs{"app": "x", team: "red", "note": "n", "b": "2"})

	addToPod(t, n, sandboxv1.PodMetadata{})
	n.Step(t, claim)
	expectPodMetadata(t, n, warm.Name, pairs{"app": "x"}, pairs{"note": "n"}, "", "")
	expectPod(pairs{"app": "x", "note": "n"})

	n.Step(t, claim)
	n.Step(t, claim) // This notes when the claim was first Ready.
	quiet := suite.Writes(t)
	n.Step(t, claim)
	n.Step(t, warm)
	quiet.Expect(t, suite.Writes, suite.Counts{})
}

func TestAClaimAddsToAColdPod(t *testing.T) {
	n := suite.New(t)
	labelled(t, n)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").PodLabel(team, "blue").Obj())
	n.Step(t, claim)
	expectPodMetadata(t, n, "mine", pairs{"app": "x", team: "blue"}, pairs{"note": "n"}, team, "")
	n.Step(t, suite.Get[sandboxv1.Sandbox](t, n, "mine"))
	if got := suite.Get[corev1.Pod](t, n, "mine").Labels[team]; got != "blue" {
		t.Errorf("the Pod's label is %q", got)
	}
}

// A claim that adds nothing changes nothing in its Sandbox's spec, so it does not wait for another generation.
func TestAPlainClaimKeepsTheGeneration(t *testing.T) {
	n := suite.New(t)
	warm := n.Offered(t, labelled(t, n), "aaaaa")
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj()))
	if got := suite.Get[sandboxv1.Sandbox](t, n, warm.Name); got.Generation != warm.Generation || rules.IsPool(rules.ControllerOf(got)) {
		t.Errorf("generation %d after %d, owners %v", got.Generation, warm.Generation, got.OwnerReferences)
	}
}

// A claim that has its Sandbox needs neither pool nor template. It stays Ready without them, and can still change what it
// adds.
func TestABoundClaimOutlivesItsTemplate(t *testing.T) {
	for name, cold := range map[string]bool{"warm": false, "cold": true} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			pool := labelled(t, n)
			sandbox := "mine"
			if !cold {
				sandbox = n.Offered(t, pool, "aaaaa").Name
			}
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").PodLabel(team, "blue").Obj())
			n.Step(t, claim)
			n.MakeReady(t, suite.Get[sandboxv1.Sandbox](t, n, sandbox))
			n.Step(t, claim)
			before := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status
			if !isReady(before.Conditions) {
				t.Fatalf("the claim is not Ready: %v", before.Conditions)
			}

			n.Delete(t, n.Editor, pool)
			n.Delete(t, n.Editor, suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
			n.Step(t, claim)
			n.Settle(t)
			writes := suite.Writes(t)
			n.Step(t, claim)
			writes.Expect(t, suite.Writes, suite.Counts{})
			expectClaim(t, n, before)

			addToPod(t, n, sandboxv1.PodMetadata{Labels: pairs{team: "red"}})
			n.Step(t, claim)
			expectPodMetadata(t, n, sandbox, pairs{"app": "x", team: "red"}, pairs{"note": "n"}, team, "")
		})
	}
}

// When a user changes in the Sandbox what the claim adds, the controller restores it. The user's other changes stay.
func TestAChangedSandboxFollowsItsClaim(t *testing.T) {
	n := suite.New(t)
	labelled(t, n)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").PodLabel(team, "blue").Obj())
	n.Step(t, claim)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	sandbox.Spec.PodTemplate.Metadata.Labels = pairs{"app": "y", team: "green"}
	if err := n.Editor.Update(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}
	n.Step(t, claim)
	expectPodMetadata(t, n, "mine", pairs{"app": "y", team: "blue"}, pairs{"note": "n"}, team, "")
}
