package reconcile

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// twoVolumes makes a Sandbox with the volumes "cache" and "data".
func twoVolumes() *builder.SandboxWrapper {
	return builder.MakeSandbox("my-sandbox").VolumeClaimTemplate("cache").VolumeClaimTemplate("data")
}

// say has my-sandbox say what becomes of its volumes.
func say(t *testing.T, n *suite.Namespace, word string) {
	t.Helper()
	change(t, n, "my-sandbox", func(sandbox *sandboxv1.Sandbox) {
		metav1.SetMetaDataAnnotation(&sandbox.ObjectMeta, sandboxv1.AnnotationVolumesWhenDeleted, word)
	})
}

// refuseVolume has a policy refuse changes of the owners of the volume of that name.
func refuseVolume(t *testing.T, n *suite.Namespace, name string) (lift func()) {
	t.Helper()
	volume := suite.Get[corev1.PersistentVolumeClaim](t, n, name)
	rule := "!has(object.metadata.ownerReferences) || object.metadata.name != '" + name + "' || size(object.metadata.ownerReferences) < 2"
	return refuseUnless(t, n, rule, admissionv1.Update, "", "persistentvolumeclaims", func(ctx context.Context) error {
		probe := volume.DeepCopy()
		probe.OwnerReferences = append(probe.OwnerReferences, metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "probe", UID: "probe"})
		return n.Admin.Patch(ctx, probe, client.MergeFrom(volume), client.DryRunAll)
	})
}

// What a Sandbox says of its volumes counts until it is deleted, also when it has no Pod any more. Each word costs one write.
func TestTheVolumesOfASandboxWithoutAPod(t *testing.T) {
	suspend := func(spec *sandboxv1.SandboxSpec, _ time.Time) { spec.OperatingMode = sandboxv1.OperatingModeSuspended }
	expire := func(spec *sandboxv1.SandboxSpec, now time.Time) { spec.ShutdownTime = &metav1.Time{Time: now} }
	for name, stops := range map[string][]func(*sandboxv1.SandboxSpec, time.Time){
		"expired": {expire}, "suspended": {suspend}, "suspended and expired": {suspend, expire},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			sandbox := suite.Create(t, n, n.Editor, twoVolumes().Obj())
			n.Step(t, sandbox)
			change(t, n, "my-sandbox", func(sandbox *sandboxv1.Sandbox) {
				for _, stop := range stops {
					stop(&sandbox.Spec, n.Clock.Now())
				}
			})
			n.Step(t, sandbox)
			n.Step(t, sandbox)
			expectNone[corev1.Pod](t, n, "my-sandbox")
			for _, word := range []string{"Retain", "Delete", "Retain"} {
				say(t, n, word)
				before := suite.Writes(t)
				n.Step(t, sandbox)
				before.Expect(t, suite.Writes, suite.Counts{"PATCH persistentvolumeclaims": 2})
				expectKept(t, n, word, "cache-my-sandbox", sandbox, word == "Retain")
				expectKept(t, n, word, "data-my-sandbox", sandbox, word == "Retain")
				expectNoWrites(t, n, sandbox)
			}
		})
	}
}

// An expired Sandbox that says something of its volumes gets none that it does not have, and touches none of others. One that lost
// its labels, so that no cache shows it, is still its own.
func TestTheVolumesThatAnExpiredSandboxDoesNotHave(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, twoVolumes().Obj())
	n.Step(t, sandbox)
	expireAt(t, n, "my-sandbox", n.Clock.Now())
	n.Step(t, sandbox)
	change(t, n, "data-my-sandbox", func(volume *corev1.PersistentVolumeClaim) { volume.Labels = nil })
	cache := change(t, n, "cache-my-sandbox", func(volume *corev1.PersistentVolumeClaim) { volume.Finalizers = nil })
	n.Delete(t, n.Editor, cache)
	say(t, n, "Retain")
	before := suite.Writes(t)
	n.Step(t, sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH persistentvolumeclaims": 1})
	expectKept(t, n, "without labels", "data-my-sandbox", sandbox, true)
	expectNone[corev1.PersistentVolumeClaim](t, n, "cache-my-sandbox")

	others := volumeOf(map[string]string{sandboxv1.LabelAdoptable: sandboxv1.AdoptableTrue})
	others.Name = "cache-my-sandbox"
	suite.Create(t, n, n.Editor, others)
	expectNoWrites(t, n, sandbox)
	if diff := cmp.Diff(others, suite.Get[corev1.PersistentVolumeClaim](t, n, others.Name)); diff != "" {
		t.Errorf("a volume of somebody else was touched (-before +after):\n%s", diff)
	}
}

// A Sandbox that is deleted when it expires says before, and only just, that its volumes are to be kept. They are, first. One that
// cannot be kept keeps the Sandbox from being deleted, but not from ending.
func TestExpiryThatDeletesKeepsVolumes(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, twoVolumes().Service(true).ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).
		ShutdownTime(n.Clock.Now().Add(time.Minute)).Obj())
	n.Step(t, sandbox)
	lift := refuseVolume(t, n, "cache-my-sandbox")
	say(t, n, "Retain")
	n.Clock.Step(time.Minute)
	for range 2 {
		if result, err := n.TryStep(t, sandbox); result.RequeueAfter != 0 || err == nil {
			t.Errorf("looks again after %s, error %v: the queue would not try again", result.RequeueAfter, err)
		}
	}
	expectNone[corev1.Pod](t, n, "my-sandbox")
	expectNone[corev1.Service](t, n, "my-sandbox")
	expectKept(t, n, "what nobody refuses", "data-my-sandbox", sandbox, true)
	expectKept(t, n, "what is refused", "cache-my-sandbox", sandbox, false)
	const want = `False SandboxExpired: Sandbox has expired; its volumes are not yet what it says of them in ` +
		`agents.x-k8s.io/volumes-when-deleted: updating PersistentVolumeClaim "cache-my-sandbox": `
	if got := readyOf(t, n, "my-sandbox"); !strings.HasPrefix(got, want) || !strings.Contains(got, "not now") {
		t.Errorf("it says %q, want %q and the refusal", got, want)
	}

	lift()
	n.Step(t, sandbox)
	expectNone[sandboxv1.Sandbox](t, n, "my-sandbox")
	expectKept(t, n, "at last", "cache-my-sandbox", sandbox, true)
}

// What is wrong with one volume of a running Sandbox does not keep what it says from the others. It says what is wrong with each.
func TestAVolumeThatCannotBeKept(t *testing.T) {
	n := suite.New(t)
	made := twoVolumes().VolumeClaimTemplate("zeta").Obj()
	sandbox := suite.Create(t, n, n.Editor, made)
	n.Step(t, sandbox)
	change(t, n, "cache-my-sandbox", func(volume *corev1.PersistentVolumeClaim) {
		volume.OwnerReferences = []metav1.OwnerReference{replicaSet}
	})
	lift := refuseVolume(t, n, "data-my-sandbox")
	say(t, n, "Retain")
	if _, err := n.TryStep(t, sandbox); err == nil {
		t.Error("no error: the queue would not try again with backoff")
	}
	expectKept(t, n, "after two that cannot be kept", "zeta-my-sandbox", sandbox, true)
	got := readyOf(t, n, "my-sandbox")
	for _, want := range []string{
		`False ReconcilerError: Error seen: PVC "cache-my-sandbox" is owned by ReplicaSet/web`, `updating PersistentVolumeClaim "data-my-sandbox": `,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it says %q, want %q", got, want)
		}
	}

	lift()
	if result := n.Step(t, sandbox); result.RequeueAfter != 10*time.Second {
		t.Errorf("looks again after %s, want 10s, for what is in the way", result.RequeueAfter)
	}
	expectKept(t, n, "nobody refuses any more", "data-my-sandbox", sandbox, true)
}
