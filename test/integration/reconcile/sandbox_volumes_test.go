package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// volumeOf returns the claim "data-my-sandbox" as somebody else made it.
func volumeOf(labels map[string]string, owners ...metav1.OwnerReference) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data-my-sandbox", Labels: labels, OwnerReferences: owners},
		Spec:       builder.MakeSandbox("any").VolumeClaimTemplate("any").Obj().Spec.VolumeClaimTemplates[0].Spec,
	}
}

func withVolume() *sandboxv1.Sandbox {
	return builder.MakeSandbox("my-sandbox").VolumeClaimTemplate("data").Obj()
}

func TestVolumesOfASandbox(t *testing.T) {
	n := suite.New(t)
	made := builder.MakeSandbox("my-sandbox").VolumeClaimTemplate("data").VolumeClaimTemplate("cache").Obj()
	made.Spec.VolumeClaimTemplates[0].Metadata.Labels = map[string]string{"tier": "db"}
	made.Spec.VolumeClaimTemplates[0].Metadata.Annotations = map[string]string{"note": "of the template"}
	sandbox := suite.Create(t, n, n.Editor, made)
	before := suite.Writes(t)
	n.Step(t, sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"POST persistentvolumeclaims": 2, "POST pods": 1, "PATCH sandboxes/status": 1})

	volume := suite.Get[corev1.PersistentVolumeClaim](t, n, "data-my-sandbox")
	want := metav1.ObjectMeta{
		Labels: map[string]string{
			"tier": "db", "agents.x-k8s.io/sandbox-name-hash": "374de8f5", "agents.x-k8s.io/sandbox-uid": string(sandbox.UID),
		},
		Annotations: map[string]string{"note": "of the template"}, OwnerReferences: controllerOf(sandbox),
	}
	got := metav1.ObjectMeta{Labels: volume.Labels, Annotations: volume.Annotations, OwnerReferences: volume.OwnerReferences}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metadata of the PersistentVolumeClaim (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(made.Spec.VolumeClaimTemplates[0].Spec.Resources, volume.Spec.Resources); diff != "" {
		t.Errorf("resources (-template +claim):\n%s", diff)
	}
	if got := volume.ManagedFields[0].Manager; got != "sandbox-controller" {
		t.Errorf("the field manager is %q", got)
	}
	mounted := map[string]string{}
	for _, v := range suite.Get[corev1.Pod](t, n, "my-sandbox").Spec.Volumes {
		if v.PersistentVolumeClaim != nil {
			mounted[v.Name] = v.PersistentVolumeClaim.ClaimName
		}
	}
	if diff := cmp.Diff(map[string]string{"data": "data-my-sandbox", "cache": "cache-my-sandbox"}, mounted); diff != "" {
		t.Errorf("volumes of the Pod (-want +got):\n%s", diff)
	}
	expectNoWrites(t, n, sandbox)
}

// A volume that belongs to somebody else is neither touched nor mounted. There is no Pod until that is settled. (W14)
func TestAVolumeInTheWay(t *testing.T) {
	for name, tc := range map[string]struct {
		volume *corev1.PersistentVolumeClaim
		want   string
	}{
		"of nobody": {volumeOf(nil),
			`cannot adopt unowned PVC "data-my-sandbox": missing required pool authorization label ("agents.x-k8s.io/adoptable") or sandbox tracking label ("agents.x-k8s.io/sandbox-name-hash"): delete it, or label it agents.x-k8s.io/adoptable=true to let sandbox "my-sandbox" have it`},
		"of nobody, with the label of another Sandbox": {volumeOf(map[string]string{"agents.x-k8s.io/sandbox-name-hash": rules.Hash("sandbox")}),
			`cannot adopt unowned PVC "data-my-sandbox": missing required pool authorization label ("agents.x-k8s.io/adoptable") or sandbox tracking label ("agents.x-k8s.io/sandbox-name-hash"): delete it, or label it agents.x-k8s.io/adoptable=true to let sandbox "my-sandbox" have it`},
		"of another controller": {volumeOf(map[string]string{"agents.x-k8s.io/adoptable": "true"}, replicaSet),
			`PVC "data-my-sandbox" is owned by ReplicaSet/web (UID: web-uid), not by sandbox "my-sandbox": delete it, and the Sandbox gets its own`},
		"of another controller, with the Sandbox's label": {volumeOf(map[string]string{"agents.x-k8s.io/sandbox-name-hash": "374de8f5"}, replicaSet),
			`PVC "data-my-sandbox" is owned by ReplicaSet/web (UID: web-uid), not by sandbox "my-sandbox": delete it, and the Sandbox gets its own`},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			inTheWay := suite.Create(t, n, n.Admin, tc.volume)
			sandbox := suite.Create(t, n, n.Editor, withVolume())
			if result := n.Step(t, sandbox); result.RequeueAfter != 10*time.Second {
				t.Errorf("looks again after %s, want 10s: no event tells when such a claim is gone", result.RequeueAfter)
			}
			now := metav1.NewTime(n.Clock.Now())
			expectStatus(t, n, "my-sandbox", sandboxv1.SandboxStatus{Conditions: of(1,
				condition("Ready", metav1.ConditionFalse, "ReconcilerError", "Error seen: "+tc.want, now),
				condition("Suspended", metav1.ConditionFalse, "NotSuspended", "Sandbox is not suspended", now))})
			expectNone[corev1.Pod](t, n, "my-sandbox")
			if diff := cmp.Diff(inTheWay, suite.Get[corev1.PersistentVolumeClaim](t, n, "data-my-sandbox")); diff != "" {
				t.Errorf("the claim was touched (-before +after):\n%s", diff)
			}

			change(t, n, "data-my-sandbox", func(volume *corev1.PersistentVolumeClaim) { volume.Finalizers = nil })
			n.Delete(t, n.Editor, inTheWay)
			n.Step(t, sandbox)
			if got := suite.Get[corev1.PersistentVolumeClaim](t, n, "data-my-sandbox"); !metav1.IsControlledBy(got, sandbox) {
				t.Errorf("the claim is controlled by %v", got.OwnerReferences)
			}
			suite.Get[corev1.Pod](t, n, "my-sandbox")
		})
	}
}

// A volume that gets in the way of a running Sandbox does not stop it.
func TestAVolumeInTheWayOfARunningSandbox(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, withVolume())
	n.Step(t, sandbox)
	pod := n.RunPod(t, "my-sandbox")
	change(t, n, "data-my-sandbox", func(volume *corev1.PersistentVolumeClaim) {
		volume.OwnerReferences = []metav1.OwnerReference{replicaSet}
	})
	n.Step(t, sandbox)
	got := suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox").Status
	if got.PodUID != pod.UID || len(got.PodIPs) == 0 {
		t.Errorf("the status does not show the Pod: %+v", got)
	}
	if diff := cmp.Diff(pod.UID, suite.Get[corev1.Pod](t, n, "my-sandbox").UID); diff != "" {
		t.Errorf("the Pod (-before +after):\n%s", diff)
	}
}

// The names of two Sandboxes from before admission combine with their volumes' names to the same name. The second one gets no
// Pod.
func TestAnAmbiguousVolume(t *testing.T) {
	n := suite.OldNamespace(t)
	first, second := suite.Get[sandboxv1.Sandbox](t, n, "shared"), suite.Get[sandboxv1.Sandbox](t, n, "one-shared")
	n.Step(t, first)
	n.Step(t, second)
	volume := suite.Get[corev1.PersistentVolumeClaim](t, n, "data-one-shared")
	if !metav1.IsControlledBy(volume, first) {
		t.Errorf("the claim is controlled by %v", volume.OwnerReferences)
	}
	suite.Get[corev1.Pod](t, n, "shared")
	expectNone[corev1.Pod](t, n, "one-shared")
	want := `False ReconcilerError: Error seen: PVC "data-one-shared" is owned by Sandbox/shared (UID: ` + string(first.UID) +
		`), not by sandbox "one-shared": delete it, and the Sandbox gets its own`
	if diff := cmp.Diff(want, readyOf(t, n, "one-shared")); diff != "" {
		t.Errorf("Ready (-want +got):\n%s", diff)
	}
}

// A claim without an owner that allows a takeover, or belonged to a Sandbox of this name, becomes the Sandbox's.
func TestAVolumeIsTakenOver(t *testing.T) {
	for name, labels := range map[string]map[string]string{
		"adoptable":              {"agents.x-k8s.io/adoptable": "true", "tier": "db"},
		"of an earlier namesake": {"agents.x-k8s.io/sandbox-name-hash": "374de8f5", "agents.x-k8s.io/sandbox-uid": "earlier"},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			volume := suite.Create(t, n, n.Admin, volumeOf(labels))
			sandbox := suite.Create(t, n, n.Editor, withVolume())
			n.Step(t, sandbox)
			want := volume.DeepCopy()
			want.OwnerReferences = controllerOf(sandbox)
			want.Labels["agents.x-k8s.io/sandbox-name-hash"] = "374de8f5"
			want.Labels["agents.x-k8s.io/sandbox-uid"] = string(sandbox.UID)
			got := suite.Get[corev1.PersistentVolumeClaim](t, n, "data-my-sandbox")
			want.ResourceVersion, want.ManagedFields = got.ResourceVersion, got.ManagedFields
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("PersistentVolumeClaim (-want +got):\n%s", diff)
			}
			suite.Get[corev1.Pod](t, n, "my-sandbox")
			expectNoWrites(t, n, sandbox)
		})
	}
}

// A cache that has not seen the claim yet, or cannot see it since it lost its label, causes no error. (W22)
func TestAVolumeThatTheCacheDoesNotHave(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, withVolume())
	n.Step(t, sandbox)
	volume := suite.Get[corev1.PersistentVolumeClaim](t, n, "data-my-sandbox")
	before := suite.Writes(t)
	if _, err := n.Sandboxes(suite.Missing(n.ReadYourWrites, volume)).Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox")); err != nil {
		t.Errorf("unseen: %v", err)
	}
	before.Expect(t, suite.Writes, suite.Counts{"POST persistentvolumeclaims": 1}) // The create is refused: the claim exists.
	if diff := cmp.Diff(volume, suite.Get[corev1.PersistentVolumeClaim](t, n, "data-my-sandbox")); diff != "" {
		t.Errorf("the claim was touched (-before +after):\n%s", diff)
	}

	change(t, n, "data-my-sandbox", func(volume *corev1.PersistentVolumeClaim) { volume.Labels = nil })
	n.Step(t, sandbox)
	if diff := cmp.Diff(volume.Labels, suite.Get[corev1.PersistentVolumeClaim](t, n, "data-my-sandbox").Labels); diff != "" {
		t.Errorf("labels (-before +after):\n%s", diff)
	}
	expectNoWrites(t, n, sandbox)
}

// When the API server refuses a volume, the Sandbox reports that in the API server's words, and the Pod waits.
func TestAVolumeThatIsRefused(t *testing.T) {
	n := suite.New(t)
	made := withVolume()
	made.Spec.VolumeClaimTemplates[0].Spec.AccessModes = nil
	sandbox := suite.Create(t, n, n.Editor, made)
	if again := n.Step(t, sandbox); again.RequeueAfter != 10*time.Minute {
		t.Errorf("looks again after %s, want 10m", again.RequeueAfter)
	}
	want := `False InvalidConfiguration: Error seen: creating PersistentVolumeClaim "data-my-sandbox": PersistentVolumeClaim "data-my-sandbox" is invalid: ` +
		`spec.accessModes: Required value: at least 1 access mode is required`
	if diff := cmp.Diff(want, readyOf(t, n, "my-sandbox")); diff != "" {
		t.Errorf("Ready (-want +got):\n%s", diff)
	}
	expectNone[corev1.Pod](t, n, "my-sandbox")
}
