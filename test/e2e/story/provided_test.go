package story

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// poll waits until missing, which asks the API server, returns "".
func poll(t *testing.T, missing func() string) {
	t.Helper()
	var still string
	done := func(context.Context) (bool, error) {
		still = missing()
		return still == "", nil
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, scene.Soon, true, done); err != nil {
		t.Fatalf("%v: %s", err, still)
	}
}

// provide creates objects of the cluster for the time of the test.
func provide(t *testing.T, s *scene.Scene, objects ...client.Object) {
	t.Helper()
	for _, obj := range objects {
		if err := s.Admin.Create(t.Context(), obj); err != nil {
			t.Fatalf("creating %T %q: %v", obj, obj.GetName(), err)
		}
		t.Cleanup(func() {
			if err := s.Admin.Delete(context.Background(), obj); client.IgnoreNotFound(err) != nil {
				t.Error(err)
			}
		})
	}
}

// provideDisks creates a StorageClass of that name, and n volumes of it that any node can mount.
func provideDisks(t *testing.T, s *scene.Scene, class string, n int) {
	t.Helper()
	provide(t, s, &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: class}, Provisioner: "kubernetes.io/no-provisioner",
		VolumeBindingMode: new(storagev1.VolumeBindingWaitForFirstConsumer),
	})
	for i := range n {
		name := fmt.Sprintf("%s-%d", class, i)
		provide(t, s, &corev1.PersistentVolume{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: corev1.PersistentVolumeSpec{
				StorageClassName: class, Capacity: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
				AccessModes:            []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
				PersistentVolumeSource: corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/var/lib/" + name}},
			},
		})
	}
}
