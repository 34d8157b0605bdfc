package suite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// These are the names of those who act in the tests.
const (
	// ControllerUser is the manager's service account. config/rbac gives it its rights.
	ControllerUser = "system:serviceaccount:namesake-system:namesake"
	// EditorUser has in each test's namespace the rights of the cluster's role "edit".
	EditorUser = "editor"
	// OperatorUser has the rights of EditorUser, and may also write status, which no shipped role grants.
	OperatorUser = "operator"
	// CollectorUser is the garbage collector. Kubernetes itself gives it its rights.
	CollectorUser = "system:serviceaccount:kube-system:generic-garbage-collector"
)

func (e *environment) addUsers(ctx context.Context, _ string) error {
	e.adminKubeconfig = filepath.Join(e.folder, "admin.kubeconfig")
	if err := os.WriteFile(e.adminKubeconfig, e.server.KubeConfig, 0o600); err != nil {
		return err
	}
	base := &rest.Config{QPS: -1}
	for _, user := range []struct {
		name   string
		groups []string
		config **rest.Config
	}{
		{ControllerUser, []string{"system:serviceaccounts", "system:serviceaccounts:namesake-system"}, &e.controller},
		{CollectorUser, []string{"system:serviceaccounts", "system:serviceaccounts:kube-system"}, &e.collector},
		{EditorUser, nil, &e.editor},
		{OperatorUser, nil, &e.operator},
	} {
		added, err := e.server.AddUser(envtest.User{Name: user.name, Groups: user.groups}, base)
		if err != nil {
			return fmt.Errorf("adding user %s: %w", user.name, err)
		}
		*user.config = added.Config()
		if user.name != EditorUser {
			continue
		}
		kubeconfig, err := added.KubeConfig()
		if err != nil {
			return err
		}
		e.editorKubeconfig = filepath.Join(e.folder, "editor.kubeconfig")
		if err := os.WriteFile(e.editorKubeconfig, kubeconfig, 0o600); err != nil {
			return err
		}
	}
	return e.findRoles(ctx)
}

// findRoles collects the parts of the cluster's role "edit", since no aggregation controller runs here.
func (e *environment) findRoles(ctx context.Context) error {
	admin, err := e.client(e.admin)
	if err != nil {
		return err
	}
	for _, role := range []string{"edit", "view"} { // "view" is itself a part of "edit", and an aggregate of other roles.
		var parts rbacv1.ClusterRoleList
		if err := admin.List(ctx, &parts, client.MatchingLabels{"rbac.authorization.k8s.io/aggregate-to-" + role: "true"}); err != nil {
			return err
		}
		e.editRoles = append(e.editRoles, parts.Items...)
	}
	return nil
}

// As returns a client of a user who has the rights that the test gives that name, and reads live.
func (n *Namespace) As(t *testing.T, user string) client.WithWatch {
	t.Helper()
	config := rest.CopyConfig(shared.admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated"}}
	c, err := shared.client(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Config returns what connects as a user with the rights that roles give that name and those groups. Without a name it is the
// administrator.
func Config(t *testing.T, user string, groups ...string) *rest.Config {
	t.Helper()
	config := rest.CopyConfig(shared.admin)
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	if user != "" {
		config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: append([]string{"system:authenticated"}, groups...)}
	}
	return config
}
