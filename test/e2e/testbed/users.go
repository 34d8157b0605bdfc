package testbed

import (
	"os"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// EditorConfig returns how the editor reaches the API server, for requests that no typed client can make.
func (b *Bed) EditorConfig(t *testing.T) *rest.Config {
	t.Helper()
	return configure(t, b.EditorKubeconfig())
}

// AdminConfig returns how the admin reaches the API server.
func (b *Bed) AdminConfig(t *testing.T) *rest.Config {
	t.Helper()
	return configure(t, os.Getenv("KUBECONFIG"))
}

// NewEditor creates a namespace as Namespace does, and a user who may edit there and nowhere else. The API server counts this
// user's requests apart from the editor's.
func (b *Bed) NewEditor(t *testing.T, user string) (namespace string, c client.WithWatch) {
	t.Helper()
	namespace = b.Namespace(t)
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
	if err := b.Admin.Create(t.Context(), binding); err != nil {
		t.Fatal(err)
	}
	config := rest.CopyConfig(b.admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: user}
	c = connect(t, config)
	b.awaitUsable(t, namespace, c)
	return namespace, c
}
