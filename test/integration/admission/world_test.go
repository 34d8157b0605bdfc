package admission

import (
	"fmt"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// world holds the objects that exist when users begin to try things: pool "python" with the warm Sandbox python-bbbbb, Sandbox
// python-aaaaa that claim "ann" adopted, claim "bob" that waits, and Sandbox "own" that nobody controls. All these have their
// Pods. Sandbox python-ccccc is new in the pool,
// Sandbox "shared" has a volume, and Sandbox "heir" says that it still has a Pod out of a pool of Pods.
type world struct {
	*suite.Namespace

	pool                                  *extensionsv1.SandboxWarmPool
	ann, bob                              *extensionsv1.SandboxClaim
	taken, warm, fresh, own, shared, heir *sandboxv1.Sandbox
}

func newWorld(t *testing.T) *world {
	t.Helper()
	n := suite.New(t)
	w := &world{Namespace: n, pool: n.Pool(t, "python")}
	for _, object := range []client.Object{ // A cluster may let its editors debug Pods.
		&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "debug"}, Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{""}, Resources: []string{"pods/ephemeralcontainers"}, Verbs: []string{"get", "patch"},
		}}},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "debug"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "debug"},
			Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: suite.EditorUser}},
		},
	} {
		suite.Create(t, n, n.Admin, object)
	}
	w.taken = n.Offered(t, w.pool, "aaaaa")
	w.ann = suite.Create(t, n, n.Editor, builder.MakeClaim("ann").Pool("python").Obj())
	n.Step(t, w.ann)
	n.AwaitOffer(t, w.pool, false)
	w.bob = suite.Create(t, n, n.Editor, builder.MakeClaim("bob").Pool("python").Obj())
	w.warm = n.Warm(t, w.pool, "bbbbb")
	w.own = suite.Create(t, n, n.Editor, builder.MakeSandbox("own").Obj())
	w.shared = suite.Create(t, n, n.Editor, builder.MakeSandbox("shared").VolumeClaimTemplate("data-two").Obj())
	w.heir = suite.Create(t, n, n.Editor, builder.MakeSandbox("heir").Obj())
	base := w.heir.DeepCopy()
	w.heir.Annotations[sandboxv1.AnnotationPodName] = "pods-x7f2k"
	if err := n.Controller.Patch(t.Context(), w.heir, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	for _, sandbox := range []*sandboxv1.Sandbox{w.taken, w.warm, w.own} {
		n.Step(t, sandbox)
	}
	w.fresh = n.Member(t, w.pool, "ccccc")
	w.ann = suite.Get[extensionsv1.SandboxClaim](t, n, "ann")
	if got := suite.Get[sandboxv1.Sandbox](t, n, "python-aaaaa"); !rules.ControlledBy(got, w.ann) || rules.Binding(w.bob) != "" {
		t.Fatalf("Sandbox python-aaaaa is controlled by %v, and bob is bound to %q", got.OwnerReferences, rules.Binding(w.bob))
	}
	return w
}

// owner returns a controller reference, in YAML that fits both into a list of references and into JSON.
func owner(apiVersion, kind, name string, uid any) string {
	return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"name":%q,"uid":%q,"controller":true}`, apiVersion, kind, name, uid)
}

func (w *world) claimOwner(claim *extensionsv1.SandboxClaim) string {
	return owner("extensions.agents.x-k8s.io/v1beta1", "SandboxClaim", claim.Name, claim.UID)
}

func (w *world) poolOwner() string {
	return owner("extensions.agents.x-k8s.io/v1beta1", "SandboxWarmPool", w.pool.Name, w.pool.UID)
}

func sandboxOwner(sandbox *sandboxv1.Sandbox) string {
	return owner("agents.x-k8s.io/v1beta1", "Sandbox", sandbox.Name, sandbox.UID)
}

// edited returns the object of that name as the API server has it now, with a change, in YAML: what a user sends who edited
// it.
func (w *world) edited(t *testing.T, apiVersion, kind, name string, change func(map[string]any)) string {
	t.Helper()
	obj := &unstructured.Unstructured{}
	obj.SetAPIVersion(apiVersion)
	obj.SetKind(kind)
	if err := w.Admin.Get(t.Context(), client.ObjectKey{Namespace: w.Name, Name: name}, obj); err != nil {
		t.Fatal(err)
	}
	obj.SetManagedFields(nil)
	change(obj.Object["metadata"].(map[string]any))
	text, err := yaml.Marshal(obj.Object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
