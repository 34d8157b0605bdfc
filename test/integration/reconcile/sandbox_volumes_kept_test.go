package reconcile

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// expectKept fails unless the volume of that name has its Sandbox as controller, and the namespace as a second owner if kept.
func expectKept(t *testing.T, n *suite.Namespace, when, name string, sandbox *sandboxv1.Sandbox, kept bool) {
	t.Helper()
	volume := suite.Get[corev1.PersistentVolumeClaim](t, n, name)
	if !metav1.IsControlledBy(volume, sandbox) {
		t.Errorf("%s: the controller is not the Sandbox: %v", when, volume.OwnerReferences)
	}
	namespace := &corev1.Namespace{}
	if err := n.Admin.Get(t.Context(), client.ObjectKey{Name: n.Name}, namespace); err != nil {
		t.Fatal(err)
	}
	if got := slices.ContainsFunc(volume.OwnerReferences, func(r metav1.OwnerReference) bool { return r.UID == namespace.UID }); got != kept {
		t.Errorf("%s: the owners are %v, and it should be kept: %t", when, volume.OwnerReferences, kept)
	}
}

// A claim has its volumes kept. A warm Sandbox's are the pool's until then, and go with it; those of a cold one are kept from the first
// write on. Only the claim that asks for it pays a write.
func TestAClaimWhoseVolumesAreKept(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").VolumeClaimTemplate("data").Obj())
	pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Replicas(1).Obj())
	n.Step(t, pool)
	warm := &poolMembers(t, n, pool)[0]
	n.Step(t, warm)
	n.RunPod(t, warm.Name)
	n.Step(t, warm)
	expectKept(t, n, "in the pool", "data-"+warm.Name, warm, false)

	n.AwaitOffer(t, pool, true)
	mine := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").
		Annotation(sandboxv1.AnnotationVolumesWhenDeleted, sandboxv1.VolumesWhenDeletedRetain).Obj())
	n.Settle(t)
	before := suite.Writes(t)
	n.Step(t, mine)
	n.Step(t, warm)
	n.Step(t, warm)
	before.Expect(t, suite.Writes, suite.Counts{
		"PATCH sandboxes": 1, "PATCH sandboxclaims/status": 1, "PATCH pods": 1, "PATCH persistentvolumeclaims": 1,
	})
	expectKept(t, n, "claimed", "data-"+warm.Name, warm, true)

	suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Template("python").
		Annotation(sandboxv1.AnnotationVolumesWhenDeleted, sandboxv1.VolumesWhenDeletedRetain).Obj())
	n.Step(t, builder.MakeClaim("cold").Namespace(n.Name).Obj())
	cold := suite.Get[sandboxv1.Sandbox](t, n, "cold")
	before = suite.Writes(t)
	n.Step(t, cold)
	before.Expect(t, suite.Writes, suite.Counts{"POST persistentvolumeclaims": 1, "POST pods": 1, "PATCH sandboxes/status": 1})
	expectKept(t, n, "created for the claim", "data-cold", cold, true)
}

// The template says that volumes are kept after the pool's Sandbox was made. The claim that gets it has its volume kept.
func TestATemplateThatComesToKeepVolumes(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").VolumeClaimTemplate("data").Obj())
	pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Replicas(1).Obj())
	n.Step(t, pool)
	warm := &poolMembers(t, n, pool)[0]
	n.Step(t, warm)
	n.RunPod(t, warm.Name)
	n.Step(t, warm)
	n.AwaitOffer(t, pool, true)
	change(t, n, "python", func(template *extensionsv1.SandboxTemplate) {
		template.Annotations = map[string]string{sandboxv1.AnnotationVolumesWhenDeleted: sandboxv1.VolumesWhenDeletedRetain}
	})
	mine := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	n.Settle(t)
	n.Step(t, mine)
	n.Step(t, warm)
	expectKept(t, n, "claimed", "data-"+warm.Name, warm, true)
}

// The word of a Sandbox may change while it lives, in both directions. A Sandbox that comes later takes what was kept.
func TestASandboxWhoseVolumesAreKept(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, withVolume())
	n.Step(t, sandbox)
	expectKept(t, n, "at first", "data-my-sandbox", sandbox, false)
	say(t, n, "Retain")
	n.Step(t, sandbox)
	expectKept(t, n, "to be kept", "data-my-sandbox", sandbox, true)
	expectNoWrites(t, n, sandbox)
	say(t, n, "Delete")
	n.Step(t, sandbox)
	expectKept(t, n, "not to be kept any more", "data-my-sandbox", sandbox, false)
	say(t, n, "Retain")
	n.Step(t, sandbox)

	n.Delete(t, n.Editor, suite.Get[corev1.Pod](t, n, "my-sandbox"))
	n.Delete(t, n.Editor, sandbox)
	change(t, n, "data-my-sandbox", func(volume *corev1.PersistentVolumeClaim) { // As the garbage collector does: test/e2e/story shows it.
		volume.OwnerReferences = slices.DeleteFunc(volume.OwnerReferences, func(r metav1.OwnerReference) bool { return r.UID == sandbox.UID })
	})
	next := suite.Create(t, n, n.Editor, withVolume())
	n.Step(t, next)
	expectKept(t, n, "taken over, and still kept", "data-my-sandbox", next, true)
	suite.Get[corev1.Pod](t, n, "my-sandbox")
}
