package reconcile

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// replicaSet is the controller of objects that do not belong to a Sandbox.
var replicaSet = metav1.OwnerReference{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web", UID: "web-uid", Controller: new(true)}

// A Pod that has the Sandbox's name and belongs to somebody else is reported and never touched. When it is gone, the Sandbox
// goes on.
func TestAPodInTheWay(t *testing.T) {
	const hash = "agents.x-k8s.io/sandbox-name-hash"
	for name, tc := range map[string]struct {
		pod  *corev1.Pod
		want string
	}{
		"of nobody": {builder.MakePod("my-sandbox").Obj(),
			`Error seen: cannot adopt unowned pod "my-sandbox": missing required pool authorization label ("agents.x-k8s.io/adoptable") or sandbox tracking label ("agents.x-k8s.io/sandbox-name-hash"): delete it, or label it agents.x-k8s.io/adoptable=true to let sandbox "my-sandbox" have it`},
		"of nobody, with the label of another Sandbox": {builder.MakePod("my-sandbox").Label(hash, rules.Hash("another")).Obj(),
			`Error seen: cannot adopt unowned pod "my-sandbox": missing required pool authorization label ("agents.x-k8s.io/adoptable") or sandbox tracking label ("agents.x-k8s.io/sandbox-name-hash"): delete it, or label it agents.x-k8s.io/adoptable=true to let sandbox "my-sandbox" have it`},
		"of another controller": {builder.MakePod("my-sandbox").OwnerReferences(replicaSet).Obj(),
			`Error seen: pod "my-sandbox" is owned by ReplicaSet/web (UID: web-uid), not by sandbox "my-sandbox": delete it, and the Sandbox gets its own`},
		"of another controller, with the Sandbox's label": {builder.MakePod("my-sandbox").OwnerReferences(replicaSet).Label(hash, "374de8f5").Obj(),
			`Error seen: pod "my-sandbox" is owned by ReplicaSet/web (UID: web-uid), not by sandbox "my-sandbox": delete it, and the Sandbox gets its own`},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			inTheWay := suite.Create(t, n, n.Controller, tc.pod) // Anyone else could not label it, but it may be older than that.
			sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Obj())
			if result := n.Step(t, sandbox); result.RequeueAfter != 10*time.Second {
				t.Errorf("looks again after %s, want 10s: no event tells when such a Pod is gone", result.RequeueAfter)
			}
			expectStatus(t, n, "my-sandbox", sandboxv1.SandboxStatus{Conditions: withoutAPod("ReconcilerError", tc.want, metav1.NewTime(n.Clock.Now()))})
			if diff := cmp.Diff(inTheWay, suite.Get[corev1.Pod](t, n, "my-sandbox")); diff != "" {
				t.Errorf("the Pod was touched (-before +after):\n%s", diff)
			}

			n.Delete(t, n.Editor, inTheWay)
			n.Step(t, sandbox)
			if got := suite.Get[corev1.Pod](t, n, "my-sandbox"); !metav1.IsControlledBy(got, sandbox) {
				t.Errorf("the Pod is controlled by %v", got.OwnerReferences)
			}
		})
	}
}

// A Pod without an owner that allows a takeover, or belonged to a Sandbox of this name, becomes the Sandbox's, in one write.
func TestAPodIsTakenOver(t *testing.T) {
	for name, label := range map[string][2]string{
		"adoptable":              {"agents.x-k8s.io/adoptable", "true"},
		"of an earlier namesake": {"agents.x-k8s.io/sandbox-name-hash", "374de8f5"},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			// Anyone else could not write the second label, but the Pod of an orphaned Sandbox has it.
			pod := suite.Create(t, n, n.Controller, builder.MakePod("my-sandbox").Label(label[0], label[1]).Label("team", "blue").Obj())
			sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").PodLabel("app", "x").Obj())
			n.Step(t, sandbox)
			want := pod.DeepCopy()
			want.OwnerReferences = []metav1.OwnerReference{*rules.SandboxOwner(sandbox)}
			want.Labels["app"] = "x"
			want.Labels["agents.x-k8s.io/sandbox-name-hash"] = "374de8f5"
			want.Labels["agents.x-k8s.io/sandbox-uid"] = string(sandbox.UID)
			want.Annotations = map[string]string{"agents.x-k8s.io/propagated-labels": "app"}
			got := suite.Get[corev1.Pod](t, n, "my-sandbox")
			want.ResourceVersion, want.ManagedFields = got.ResourceVersion, got.ManagedFields
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Pod (-want +got):\n%s", diff)
			}
			if got := suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox").Status.PodUID; got != pod.UID {
				t.Errorf("status.podUID is %s, want %s", got, pod.UID)
			}
			quiet := suite.Writes(t)
			n.Step(t, sandbox)
			quiet.Expect(t, suite.Writes, suite.Counts{})
		})
	}
}

// A user's Pod, Service or volume never becomes part of a pool, whatever its labels say.
func TestNothingIsTakenOverIntoAPool(t *testing.T) {
	n := suite.New(t)
	template := builder.MakeTemplate("python").Service(true).VolumeClaimTemplate("data").Obj()
	n.Template(t, template)
	pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj())
	adoptable := metav1.ObjectMeta{Labels: map[string]string{"agents.x-k8s.io/adoptable": "true"}}
	volume := &corev1.PersistentVolumeClaim{ObjectMeta: adoptable, Spec: template.Spec.VolumeClaimTemplates[0].Spec}
	volume.Name = "data-python-aaaaa"
	suite.Create(t, n, n.Editor, volume)
	service := &corev1.Service{ObjectMeta: adoptable, Spec: corev1.ServiceSpec{ClusterIP: "None"}}
	service.Name = "python-aaaaa"
	suite.Create(t, n, n.Editor, service)
	suite.Create(t, n, n.Editor, builder.MakePod("python-bbbbb").Label("agents.x-k8s.io/adoptable", "true").Obj())

	pooled := n.Member(t, pool, "aaaaa")
	n.Step(t, pooled)
	const why = `sandbox "python-aaaaa" is in a pool, where only its template says what is in it: delete it, and the Sandbox gets its own`
	want := `False ReconcilerError: Error seen: cannot adopt unowned PVC "data-python-aaaaa": ` + why + "\n" + `cannot adopt unowned service "python-aaaaa": ` + why
	if diff := cmp.Diff(want, readyOf(t, n, pooled.Name)); diff != "" {
		t.Errorf("Ready (-want +got):\n%s", diff)
	}
	expectNone[corev1.Pod](t, n, pooled.Name)

	pooled = n.Member(t, pool, "bbbbb")
	n.Step(t, pooled)
	want = `False ReconcilerError: Error seen: cannot adopt unowned pod "python-bbbbb": ` +
		`sandbox "python-bbbbb" is in a pool, where only its template says what is in it: delete it, and the Sandbox gets its own`
	if diff := cmp.Diff(want, readyOf(t, n, pooled.Name)); diff != "" {
		t.Errorf("Ready (-want +got):\n%s", diff)
	}
	if got := suite.Get[corev1.Pod](t, n, pooled.Name); len(got.OwnerReferences) > 0 {
		t.Errorf("the Pod is owned by %v", got.OwnerReferences)
	}
}

// Neither does it become part of a claim's Sandbox, whose name and volumes anyone can tell before they are there: not while the
// Sandbox is new, and not while it is suspended.
func TestNothingIsTakenOverUnderAClaim(t *testing.T) {
	n := suite.New(t)
	template := builder.MakeTemplate("python").Service(true).VolumeClaimTemplate("data").Obj()
	suite.Create(t, n, n.Editor, template)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	adoptable := metav1.ObjectMeta{Labels: map[string]string{"agents.x-k8s.io/adoptable": "true"}}
	volume := &corev1.PersistentVolumeClaim{ObjectMeta: adoptable, Spec: template.Spec.VolumeClaimTemplates[0].Spec}
	volume.Name = "data-mine"
	suite.Create(t, n, n.Editor, volume)
	service := &corev1.Service{ObjectMeta: adoptable, Spec: corev1.ServiceSpec{ClusterIP: "None"}}
	service.Name = "mine"
	suite.Create(t, n, n.Editor, service)
	n.Step(t, claim)
	n.Step(t, suite.Get[sandboxv1.Sandbox](t, n, "mine"))
	why := func(name string) string {
		return fmt.Sprintf(`sandbox %q is that of SandboxClaim %q, and only its template and its claim say what is in it: delete it, and the Sandbox gets its own`, name, name)
	}
	const failed = "False ReconcilerError: Error seen: cannot adopt unowned "
	want := failed + `PVC "data-mine": ` + why("mine") + "\n" + `cannot adopt unowned service "mine": ` + why("mine")
	if diff := cmp.Diff(want, readyOf(t, n, "mine")); diff != "" {
		t.Errorf("Ready (-want +got):\n%s", diff)
	}
	expectNone[corev1.Pod](t, n, "mine")

	n.Template(t, builder.MakeTemplate("plain").Obj())
	claim = suite.Create(t, n, n.Editor, builder.MakeClaim("other").Template("plain").Obj())
	plant := func() *corev1.Pod {
		return suite.Create(t, n, n.Editor, builder.MakePod("other").Label("agents.x-k8s.io/adoptable", "true").Obj())
	}
	expect := func(planted *corev1.Pod) {
		t.Helper()
		if diff := cmp.Diff(failed+`pod "other": `+why("other"), readyOf(t, n, "other")); diff != "" {
			t.Errorf("Ready (-want +got):\n%s", diff)
		}
		if got := suite.Get[corev1.Pod](t, n, "other"); got.UID != planted.UID || len(got.OwnerReferences) > 0 {
			t.Errorf("Pod %s is owned by %v", got.UID, got.OwnerReferences)
		}
	}
	planted := plant()
	n.Step(t, claim)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "other")
	n.Step(t, sandbox)
	expect(planted)
	n.Delete(t, n.Editor, planted)
	n.Step(t, sandbox)

	setMode(t, n, sandbox, sandboxv1.OperatingModeSuspended)
	n.Step(t, sandbox)
	planted = plant()
	setMode(t, n, sandbox, sandboxv1.OperatingModeRunning)
	n.Step(t, sandbox)
	expect(planted)
}

// setMode makes sandbox run or suspend it, as its user does.
func setMode(t *testing.T, n *suite.Namespace, sandbox *sandboxv1.Sandbox, mode sandboxv1.OperatingMode) {
	t.Helper()
	fresh := suite.Get[sandboxv1.Sandbox](t, n, sandbox.Name)
	base := fresh.DeepCopy()
	fresh.Spec.OperatingMode = mode
	if err := n.Editor.Patch(t.Context(), fresh, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	*sandbox = *fresh
}
