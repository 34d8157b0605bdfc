package testbed

import (
	"context"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// Namespace creates a namespace for the test, where the editor may edit as in "default". It is deleted afterwards, unless the test did.
func (b *Bed) Namespace(t *testing.T) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"}}
	if err := b.Admin.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Admin.Delete(context.Background(), namespace); client.IgnoreNotFound(err) != nil {
			t.Error(err)
		}
	})
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "editor"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "editor"}},
	}
	if err := b.Admin.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	b.awaitUsable(t, namespace.Name, b.Editor)
	return namespace.Name
}

// awaitUsable waits until Pods have a ServiceAccount in the namespace, and until the API server knows the rights of the
// user of that client. Only a request shows the latter.
func (b *Bed) awaitUsable(t *testing.T, namespace string, user client.Client) {
	t.Helper()
	usable := func(ctx context.Context) (bool, error) {
		account := client.ObjectKey{Namespace: namespace, Name: "default"}
		if err := b.Admin.Get(ctx, account, &corev1.ServiceAccount{}); err != nil {
			return false, client.IgnoreNotFound(err)
		}
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: namespace, Verb: "create", Group: extensionsv1.GroupName, Resource: extensionsv1.ResourceSandboxClaims,
			},
		}}
		err := user.Create(ctx, review)
		return err == nil && review.Status.Allowed, ignoreForbidden(err)
	}
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, 30*time.Second, true, usable); err != nil {
		t.Fatalf("waiting for namespace %q to be usable: %v", namespace, err)
	}
}

func ignoreForbidden(err error) error {
	if apierrors.IsForbidden(err) {
		return nil
	}
	return err
}
