package story

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// The garbage collector keeps the volumes of a claim that asks for it, however the claim is deleted, and deletes those of the others. A
// Sandbox of the same name gets a kept volume, and so does a later claim to which the editor hands it over.
func TestVolumesOutliveTheirClaim(t *testing.T) {
	s := scene.Enter(t)
	provideDisks(t, s, "keep", 12)
	template := builder.MakeTemplate("python").VolumeClaimTemplate("data").Obj()
	template.Spec.VolumeClaimTemplates[0].Spec.StorageClassName = new("keep")
	template.Spec.EnvVarsInjectionPolicy = extensionsv1.EnvVarsInjectionAllowed
	s.Create(t, template, builder.MakePool("python").Template("python").Replicas(2).Obj())
	s.AwaitFull(t, "python", 2)
	kept := func(name string) *builder.ClaimWrapper {
		return builder.MakeClaim(name).Annotation(sandboxv1.AnnotationVolumesWhenDeleted, sandboxv1.VolumesWhenDeletedRetain)
	}
	warm := ready(t, s, kept("warm").Pool("python").Obj())
	cold := ready(t, s, kept("cold").Template("python").Env("A", "1").Obj())
	other := ready(t, s, builder.MakeClaim("other").Pool("python").Obj())
	uids := map[string]string{}
	for _, a := range []answer{warm, cold} {
		poll(t, func() string {
			volume, err := volumeOf(t, s, a.sandbox)
			if err != nil || len(volume.OwnerReferences) != 2 {
				return fmt.Sprintf("volume of %s: %v, %v", a.sandbox, volume.OwnerReferences, err)
			}
			uids[a.sandbox] = string(volume.UID)
			return ""
		})
	}

	deleteClaim(t, s, "warm", metav1.DeletePropagationBackground)
	deleteClaim(t, s, "cold", metav1.DeletePropagationForeground)
	deleteClaim(t, s, "other", metav1.DeletePropagationBackground)
	poll(t, func() string {
		if volume, err := volumeOf(t, s, other.sandbox); !apierrors.IsNotFound(err) && volume.DeletionTimestamp == nil {
			return fmt.Sprintf("the volume of the claim that did not ask is there: %v", err)
		}
		return ""
	})
	for _, a := range []answer{warm, cold} {
		poll(t, func() string {
			volume, err := volumeOf(t, s, a.sandbox)
			if err != nil || volume.DeletionTimestamp != nil || string(volume.UID) != uids[a.sandbox] {
				t.Fatalf("the volume of %s is gone: %v", a.sandbox, err)
			}
			if len(volume.OwnerReferences) != 1 {
				return fmt.Sprintf("the volume of %s has the owners %v", a.sandbox, volume.OwnerReferences)
			}
			return ""
		})
	}

	bare := builder.MakeSandbox(warm.sandbox).VolumeClaimTemplate("data").Obj()
	bare.Spec.VolumeClaimTemplates[0].Spec.StorageClassName = new("keep")
	s.Create(t, bare)
	awaitSays(t, s, warm.sandbox, "DependenciesReady", "Pod is Ready")
	s.Create(t, kept("cold").Template("python").Env("A", "1").Obj())
	handOver(t, s, "data-cold", "cold")
	if again := awaitReady(t, s, "cold", cold.podUID); again.sandbox != "cold" {
		t.Errorf("the claim has Sandbox %q", again.sandbox)
	}
	for name, uid := range uids {
		if volume, err := volumeOf(t, s, name); err != nil || string(volume.UID) != uid {
			t.Errorf("the volume of %s is another: %v", name, err)
		}
	}
}

// volumeOf returns the volume "data" of the Sandbox of that name.
func volumeOf(t *testing.T, s *scene.Scene, sandbox string) (*corev1.PersistentVolumeClaim, error) {
	t.Helper()
	volume := &corev1.PersistentVolumeClaim{}
	return volume, s.Admin.Get(t.Context(), client.ObjectKey{Namespace: s.Namespace, Name: "data-" + sandbox}, volume)
}

func deleteClaim(t *testing.T, s *scene.Scene, name string, how metav1.DeletionPropagation) {
	t.Helper()
	claim := builder.MakeClaim(name).Namespace(s.Namespace).Obj()
	if err := s.Editor.Delete(t.Context(), claim, client.PropagationPolicy(how)); err != nil {
		t.Fatal(err)
	}
}
