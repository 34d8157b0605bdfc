package admission

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// connected is what a request says that gets past admission: no kubelet runs here.
const connected = "does not have a host assigned"

// In a namespace with the label of the sample, nobody connects to a Sandbox's Pod without the right to. Elsewhere the sample
// changes nothing.
func TestConnectPolicy(t *testing.T) {
	n, elsewhere := suite.New(t), suite.New(t)
	applyPolicy(t, n, "exec", "example.com/connect", "by-sandbox")
	for _, ns := range []*suite.Namespace{n, elsewhere} {
		for _, name := range []string{"mine", "theirs"} {
			ns.Step(t, suite.Create(t, ns, ns.Editor, builder.MakeSandbox(name).Obj()))
		}
	}
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "connect-mine"}, Rules: []rbacv1.PolicyRule{{
		APIGroups: []string{"agents.x-k8s.io"}, Resources: []string{"sandboxes"}, ResourceNames: []string{"mine"}, Verbs: []string{"connect"},
	}}}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: role.ObjectMeta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.UserKind, Name: suite.EditorUser}},
	}
	for _, obj := range []client.Object{role, binding} {
		if err := n.Admin.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	const refused = `you may not connect to Sandbox "theirs": ask for the verb "connect" on it, in group agents.x-k8s.io`
	expect(t, n, refused, "exec", "theirs", "--", "true")
	expect(t, n, refused, "attach", "theirs")
	expect(t, n, connected, "exec", "mine", "--", "true")
	expect(t, elsewhere, connected, "exec", "theirs", "--", "true")
}

// applyPolicy applies the policy of the samples with that name, and its binding, and gives n the label that the binding asks for.
func applyPolicy(t *testing.T, n *suite.Namespace, name, label, value string) {
	t.Helper()
	for _, file := range []string{name + ".yaml", name + "-binding.yaml"} {
		text, err := os.ReadFile(filepath.Join(samplesFolder, "policies", file))
		if err != nil {
			t.Fatal(err)
		}
		obj := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict(text, &obj.Object); err != nil {
			t.Fatal(err)
		}
		if err := n.Admin.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.Admin.Delete(context.WithoutCancel(t.Context()), obj) })
	}
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"metadata":{"labels":{%q:%q}}}`, label, value))
	if err := n.Admin.Patch(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: n.Name}}, patch); err != nil {
		t.Fatal(err)
	}
}

// expect waits until kubectl says want. The API server learns of a policy, and of rights, a moment later.
func expect(t *testing.T, n *suite.Namespace, want string, args ...string) {
	t.Helper()
	var output string
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		output, _ = n.Kubectl(t, "", args...)
		return strings.Contains(output, want), nil
	})
	if err != nil {
		t.Errorf("kubectl %s: want %q, got:\n%s", strings.Join(args, " "), want, output)
	}
}
