package story

import (
	"encoding/json"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// backup is what a namespace held: as a tool of backups writes it, without owners.
type backup struct {
	template  *extensionsv1.SandboxTemplate
	volumes   corev1.PersistentVolumeClaimList
	sandboxes sandboxv1.SandboxList
	claims    extensionsv1.SandboxClaimList
}

// What a namespace held is restored into another: all Sandboxes with their volumes, or all claims, with the volumes that the editor
// hands to them. docs/operations.md says both.
func TestRestore(t *testing.T) {
	from := scene.Enter(t)
	provideDisks(t, from, "restore", 12)
	template := builder.MakeTemplate("python").VolumeClaimTemplate("data").Obj()
	bare := builder.MakeSandbox("bare").VolumeClaimTemplate("data").Obj()
	for _, volumes := range [][]sandboxv1.PersistentVolumeClaimTemplate{template.Spec.VolumeClaimTemplates, bare.Spec.VolumeClaimTemplates} {
		volumes[0].Spec.StorageClassName = new("restore")
	}
	template.Spec.EnvVarsInjectionPolicy = extensionsv1.EnvVarsInjectionAllowed
	from.Create(t, template, builder.MakePool("python").Template("python").Replicas(1).Obj(), bare)
	from.AwaitFull(t, "python", 1)
	warm := ready(t, from, builder.MakeClaim("warm").Pool("python").Obj())
	cold := ready(t, from, builder.MakeClaim("cold").Template("python").Env("A", "1").Obj())
	if !warm.warm || cold.warm || cold.sandbox != "cold" {
		t.Fatalf("claims got %+v and %+v", warm, cold)
	}
	awaitSays(t, from, "bare", "DependenciesReady", "Pod is Ready")
	kept := take(t, from)

	t.Run("Sandboxes", func(t *testing.T) {
		to := scene.Enter(t)
		kept.restoreVolumes(t, to)
		for i := range kept.sandboxes.Items {
			to.Create(t, bareOf(&kept.sandboxes.Items[i]))
		}
		for _, name := range []string{"bare", "cold", warm.sandbox} {
			restored := awaitSays(t, to, name, "DependenciesReady", "Pod is Ready")
			checkVolume(t, to, restored)
			if left := rules.SandboxReservedLabels(restored); len(left) > 0 {
				t.Errorf("Sandbox %q, which is nobody's, has the labels %v", name, left)
			}
		}
	})
	t.Run("claims", func(t *testing.T) {
		to := scene.Enter(t)
		kept.restoreVolumes(t, to)
		to.Create(t, bareOf(kept.template), builder.MakePool("python").Template("python").Replicas(1).Obj())
		to.AwaitFull(t, "python", 1)
		for i := range kept.claims.Items {
			to.Create(t, bareOf(&kept.claims.Items[i]))
		}
		another := awaitReady(t, to, "warm", "")
		if another.sandbox == warm.sandbox {
			t.Errorf("the claim has Sandbox %q from before the backup", another.sandbox)
		}
		handOver(t, to, "data-cold", "cold")
		again := awaitReady(t, to, "cold", "")
		if again.sandbox != "cold" {
			t.Errorf("the claim has Sandbox %q", again.sandbox)
		}
		to.History.Look(func(h *history.History) { checkVolume(t, to, h.Sandbox("cold").Latest) })
	})
}

// take takes a backup of what users made in a namespace, and what the claims got.
func take(t *testing.T, s *scene.Scene) *backup {
	t.Helper()
	b := &backup{template: &extensionsv1.SandboxTemplate{}}
	if err := s.Admin.Get(t.Context(), client.ObjectKey{Namespace: s.Namespace, Name: "python"}, b.template); err != nil {
		t.Fatal(err)
	}
	for _, list := range []client.ObjectList{&b.volumes, &b.sandboxes, &b.claims} {
		if err := s.Admin.List(t.Context(), list, client.InNamespace(s.Namespace)); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// restoreVolumes creates the volumes of the backup, with nothing in them.
func (b *backup) restoreVolumes(t *testing.T, to *scene.Scene) {
	t.Helper()
	for i := range b.volumes.Items {
		volume := bareOf(&b.volumes.Items[i])
		volume.Spec.VolumeName = ""
		volume.Annotations = map[string]string{"restored": "true"} // Those of before say to which disk the volume was bound.
		to.Create(t, volume)
	}
}

// bareOf returns obj without what the API server wrote, and without owners.
func bareOf[T client.Object](obj T) T {
	next := obj.DeepCopyObject().(T) //nolint:forcetypeassert // a copy is of the same type
	next.SetUID("")
	next.SetResourceVersion("")
	next.SetOwnerReferences(nil)
	next.SetManagedFields(nil)
	next.SetFinalizers(nil)
	return next
}

// checkVolume checks that sandbox controls the volume that was restored, and no other.
func checkVolume(t *testing.T, s *scene.Scene, sandbox *sandboxv1.Sandbox) {
	t.Helper()
	volume := &corev1.PersistentVolumeClaim{}
	if err := s.Editor.Get(t.Context(), client.ObjectKey{Namespace: s.Namespace, Name: "data-" + sandbox.Name}, volume); err != nil {
		t.Fatal(err)
	}
	if !rules.ControlledBy(volume, sandbox) || volume.Annotations["restored"] == "" || volume.Status.Phase != corev1.ClaimBound {
		t.Errorf("volume %q is of %v, %s, with the annotations %v", volume.Name, volume.OwnerReferences, volume.Status.Phase, volume.Annotations)
	}
}

// handOver gives a restored volume to the Sandbox of a claim once that one asks for it, as docs/operations.md says.
func handOver(t *testing.T, s *scene.Scene, volume, sandbox string) {
	t.Helper()
	var uid types.UID
	poll(t, func() string {
		found := &sandboxv1.Sandbox{}
		if err := s.Editor.Get(t.Context(), client.ObjectKey{Namespace: s.Namespace, Name: sandbox}, found); err != nil {
			return err.Error()
		}
		uid = found.UID
		return ""
	})
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"ownerReferences": []metav1.OwnerReference{{
		APIVersion: sandboxv1.GroupVersion.String(), Kind: sandboxv1.KindSandbox, Name: sandbox, UID: uid, Controller: new(true),
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	obj := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: s.Namespace, Name: volume}}
	if err := s.Editor.Patch(t.Context(), obj, client.RawPatch(types.MergePatchType, patch)); err != nil {
		t.Fatal(fmt.Errorf("handing over volume %q: %w", volume, err))
	}
}
