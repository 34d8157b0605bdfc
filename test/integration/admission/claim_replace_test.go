package admission

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A claim that is replaced by its manifest, as kubectl replace and Argo CD do, keeps what was written on it. No other update
// costs a call of the mutating webhook, and a manifest with another binding is refused.
func TestAClaimReplacedByItsManifest(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	n.Offered(t, pool, "aaaaa")
	manifest := claim("", "", "name: mine, labels: {app: x}", "warmPoolRef: {name: python}").input
	if output, ok := n.Kubectl(t, manifest, "create", "-f", "-"); !ok {
		t.Fatal(output)
	}
	n.Step(t, suite.Get[extensionsv1.SandboxClaim](t, n, "mine"))
	before := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
	if rules.Binding(before) != "python-aaaaa" || before.Status.Sandbox.Name != "python-aaaaa" {
		t.Fatalf("the claim is bound to %q and has %+v", rules.Binding(before), before.Status.Sandbox)
	}

	calls := suite.Calls(t)
	for range 2 { // The second time is as the first.
		output, ok := n.Kubectl(t, manifest, "replace", "-f", "-")
		if !ok || !strings.HasPrefix(output, "Warning: kept agents.x-k8s.io/sandbox-name, agents.x-k8s.io/controller-first-observed-at: ") {
			t.Errorf("replaced: %t: %s", ok, output)
		}
	}
	calls.Expect(t, suite.Calls, suite.Counts{"sandboxclaim.mutate UPDATE": 2})
	after := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
	if diff := cmp.Diff(before.Annotations, after.Annotations); diff != "" {
		t.Errorf("annotations (-before +after):\n%s", diff)
	}

	other := strings.Replace(manifest, "name: mine", "name: mine, annotations: {agents.x-k8s.io/sandbox-name: python-bbbbb}", 1)
	if output, ok := n.Kubectl(t, other, "replace", "-f", "-"); ok || !strings.Contains(output, `only Namesake's controller changes this, found "python-bbbbb"`) {
		t.Errorf("replaced with another binding: %t: %s", ok, output)
	}

	calls = maps.Clone(suite.Calls(t))
	base := after.DeepCopy()
	after.Labels["team"] = "blue"
	if err := n.Editor.Patch(t.Context(), after, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	calls.Expect(t, suite.Calls, suite.Counts{})
}

// A claim that is not bound keeps when it was first seen.
func TestAnUnboundClaimReplaced(t *testing.T) {
	n := suite.New(t)
	waiting := suite.Create(t, n, n.Editor, builder.MakeClaim("waiting").Pool("later").Obj())
	manifest := claim("", "", "name: waiting", "warmPoolRef: {name: later}").input
	if output, ok := n.Kubectl(t, manifest, "replace", "-f", "-"); !ok || !strings.Contains(output, "kept agents.x-k8s.io/controller-first-observed-at") {
		t.Errorf("replaced: %t: %s", ok, output)
	}
	if diff := cmp.Diff(waiting.Annotations, suite.Get[extensionsv1.SandboxClaim](t, n, "waiting").Annotations); diff != "" {
		t.Errorf("annotations (-before +after):\n%s", diff)
	}
}
