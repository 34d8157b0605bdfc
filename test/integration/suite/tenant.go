package suite

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// newPlainNamespace creates a namespace with the objects that Kubernetes' controllers put into each.
func (e *environment) newPlainNamespace(ctx context.Context) (string, error) {
	admin, err := e.client(e.admin)
	if err != nil {
		return "", err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if err := admin.Create(ctx, namespace); err != nil {
		return "", fmt.Errorf("creating a namespace: %w", err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "default"}}
	if err := admin.Create(ctx, account); err != nil {
		return "", fmt.Errorf("creating %T in namespace %s: %w", account, namespace.Name, err)
	}
	return namespace.Name, nil
}

// newNamespace creates a namespace with the objects that Kubernetes' controllers and an administrator put into each.
func (e *environment) newNamespace(ctx context.Context) (string, error) {
	admin, err := e.client(e.admin)
	if err != nil {
		return "", err
	}
	name, err := e.newPlainNamespace(ctx)
	if err != nil {
		return "", err
	}
	objects := []client.Object{
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "status"}, Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{"", sandboxv1.GroupName, extensionsv1.GroupName},
			Resources: []string{"pods/status", "sandboxes/status", "sandboxclaims/status", "sandboxwarmpools/status"},
			Verbs:     []string{"get", "patch", "update"},
		}}},
		bindingOf(name, OperatorUser, "Role", "status"),
	}
	for i := range e.editRoles {
		for _, user := range []string{EditorUser, OperatorUser} {
			objects = append(objects, bindingOf(name, user, "ClusterRole", e.editRoles[i].Name))
		}
	}
	for _, object := range objects {
		if err := admin.Create(ctx, object); err != nil {
			return "", fmt.Errorf("creating %T in namespace %s: %w", object, name, err)
		}
	}
	return name, nil
}

func bindingOf(namespace, user, kind, role string) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: user + "-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
}

// createOld creates what a test package needs to exist before the webhooks.
func (e *environment) createOld(ctx context.Context, _ string) error {
	if e.options.Old == nil {
		return nil
	}
	admin, err := e.client(e.admin)
	if err != nil {
		return err
	}
	for range max(1, e.options.OldCopies) {
		namespace, err := e.newNamespace(ctx)
		if err != nil {
			return err
		}
		if err := e.options.Old(ctx, admin, namespace); err != nil {
			return fmt.Errorf("creating what was there before: %w", err)
		}
		e.old = append(e.old, namespace)
	}
	return nil
}
