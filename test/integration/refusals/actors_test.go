package refusals

import (
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// actor is who writes. Without a user it is the administrator, who may do everything.
type actor struct {
	user   string
	groups []string
}

// actors are those who write, by the names that entries give them. Kubernetes gives the collector, the scheduler and the controller of
// ReplicaSets their rights, config/rbac those of the manager. The editor has those of "edit", and may debug Pods. The neighbour is another
// controller, with all rights on the objects of this test.
var actors = map[string]actor{
	"admin":      {},
	"editor":     {user: suite.EditorUser},
	"neighbour":  {user: "system:serviceaccount:workspaces:operator", groups: []string{"system:serviceaccounts"}},
	"replicaset": {user: "system:serviceaccount:kube-system:replicaset-controller", groups: []string{"system:serviceaccounts"}},
	"manager":    {user: suite.ControllerUser, groups: []string{"system:serviceaccounts"}},
	"collector":  {user: suite.CollectorUser, groups: []string{"system:serviceaccounts"}},
	"scheduler":  {user: "system:kube-scheduler"},
	"kubelet":    {user: "system:node:" + builder.DefaultNode, groups: []string{"system:nodes"}},
}

// extraRights are the rights that this test gives in its namespace: those of the actors who have them from elsewhere in a cluster.
var extraRights = map[string][]rbacv1.PolicyRule{
	"editor":  {{APIGroups: []string{""}, Resources: []string{"pods/ephemeralcontainers"}, Verbs: []string{"get", "patch", "update"}}},
	"kubelet": {{APIGroups: []string{""}, Resources: []string{"pods", "pods/status"}, Verbs: []string{"get", "patch", "update"}}},
	"neighbour": {{
		APIGroups: []string{"", sandboxv1.GroupName, extensionsv1.GroupName},
		Resources: []string{
			"pods", "pods/status", "pods/ephemeralcontainers", "pods/resize", "sandboxes", "sandboxes/status", "sandboxclaims",
			"sandboxclaims/status", "sandboxwarmpools", "sandboxwarmpools/status", "sandboxwarmpools/scale", "sandboxtemplates",
		},
		Verbs: []string{"*"},
	}},
}

// grant gives the actors their extra rights in a namespace.
func grant(t *testing.T, n *suite.Namespace) {
	t.Helper()
	for name, rules := range extraRights {
		meta := metav1.ObjectMeta{Name: "test-" + name}
		for _, obj := range []client.Object{
			&rbacv1.Role{ObjectMeta: meta, Rules: rules},
			&rbacv1.RoleBinding{
				ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
				Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: actors[name].user}},
			},
		} {
			suite.Create(t, n, n.Admin, obj)
		}
	}
}

// clients returns a client for each actor.
func clients(t *testing.T) map[string]dynamic.Interface {
	t.Helper()
	all := map[string]dynamic.Interface{}
	for name, a := range actors {
		c, err := dynamic.NewForConfig(suite.Config(t, a.user, a.groups...))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = c
	}
	return all
}

// resources are the kinds that are written.
var resources = map[string]schema.GroupVersionResource{
	"Pod":             {Version: "v1", Resource: "pods"},
	"Binding":         {Version: "v1", Resource: "bindings"},
	"Sandbox":         sandboxv1.GroupVersion.WithResource(sandboxv1.ResourceSandboxes),
	"SandboxClaim":    extensionsv1.GroupVersion.WithResource(extensionsv1.ResourceSandboxClaims),
	"SandboxWarmPool": extensionsv1.GroupVersion.WithResource("sandboxwarmpools"),
	"SandboxTemplate": extensionsv1.GroupVersion.WithResource("sandboxtemplates"),
}
