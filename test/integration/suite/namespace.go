package suite

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules/candidates"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Namespace is the namespace of one test, and those who work in it.
type Namespace struct {
	Name string
	// Admin may do everything, the others what their roles say. All read live.
	Admin, Editor, Operator, Controller, Collector client.WithWatch
	// Cached writes as Controller, and reads from the cache that the webhooks read from; ReadYourWrites does so too, and
	// its reads wait until the cache has what it wrote.
	Cached, ReadYourWrites client.WithWatch
	// Index is what the webhooks pick from.
	Index *candidates.Index
	// Clock is the time of webhooks and reconcilers.
	Clock *Clock
	// Recorder takes the events of the reconcilers.
	Recorder *events.FakeRecorder
}

// New creates a namespace for t.
func New(t *testing.T) *Namespace {
	t.Helper()
	n := &Namespace{
		Cached: shared.cached, ReadYourWrites: shared.readYourWrites, Index: shared.index, Clock: shared.clock,
		Recorder: events.NewFakeRecorder(1000),
	}
	for config, c := range map[*rest.Config]*client.WithWatch{
		shared.admin: &n.Admin, shared.editor: &n.Editor, shared.operator: &n.Operator,
		shared.controller: &n.Controller, shared.collector: &n.Collector,
	} {
		made, err := shared.client(config)
		if err != nil {
			t.Fatal(err)
		}
		*c = made
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	n.create(t, namespace)
	n.Name = namespace.Name
	n.create(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "default"}})
	for i := range shared.editRoles {
		n.bind(t, EditorUser, "ClusterRole", shared.editRoles[i].Name)
		n.bind(t, OperatorUser, "ClusterRole", shared.editRoles[i].Name)
	}
	status := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "status"}, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{"", sandboxv1.GroupName, extensionsv1.GroupName},
		Resources: []string{"pods/status", "sandboxes/status", "sandboxclaims/status", "sandboxwarmpools/status"},
		Verbs:     []string{"get", "patch", "update"},
	}}}
	n.create(t, status)
	n.bind(t, OperatorUser, "Role", status.Name)
	return n
}

func (n *Namespace) create(t *testing.T, obj client.Object) {
	t.Helper()
	if err := n.Admin.Create(t.Context(), obj); err != nil {
		t.Fatal(err)
	}
}

func (n *Namespace) bind(t *testing.T, user, kind, role string) {
	t.Helper()
	n.create(t, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, GenerateName: user + "-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	})
}

// Settle waits until the cache shows this namespace as the API server has it.
func (n *Namespace) Settle(t *testing.T) {
	t.Helper()
	for _, live := range kinds() {
		cached := live.DeepCopyObject().(client.ObjectList)
		var diff string
		err := wait.PollUntilContextTimeout(t.Context(), moment, patience, true, func(ctx context.Context) (bool, error) {
			options := []client.ListOption{client.InNamespace(n.Name)}
			if err := shared.cache.List(ctx, cached, options...); err != nil {
				return false, err
			}
			if _, pods := live.(*corev1.PodList); pods {
				options = append(options, client.HasLabels{sandboxv1.LabelSandboxNameHash})
			}
			if err := n.Admin.List(ctx, live, options...); err != nil {
				return false, err
			}
			diff = cmp.Diff(versions(t, live), versions(t, cached))
			return diff == "", nil
		})
		if err != nil {
			t.Fatalf("the cache does not catch up: %v (-live +cached):\n%s", err, diff)
		}
	}
}

// versions returns the resource versions of a list's objects by name.
func versions(t *testing.T, list client.ObjectList) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := meta.EachListItem(list, func(item runtime.Object) error {
		object, err := meta.Accessor(item)
		if err == nil {
			found[object.GetName()] = object.GetResourceVersion()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
