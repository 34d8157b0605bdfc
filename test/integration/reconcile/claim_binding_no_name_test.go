package reconcile

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A binding that is no name, and that clients refuse to ask for, names no Sandbox: the claim is bound again. A user can write one on a
// new claim while somebody has deleted the webhook configurations.
func TestABindingThatIsNoName(t *testing.T) {
	for title, name := range map[string]string{"a path": "../../x", "a dot": ".", "two parts": "a/b", "a percent sign": "a%2fb"} {
		t.Run(title, func(t *testing.T) {
			n := suite.New(t)
			pool := n.Pool(t, "python")
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("ann").Pool("python").Obj())
			base := claim.DeepCopy()
			claim.Annotations = map[string]string{sandboxv1.AnnotationBinding: name}
			if err := n.Controller.Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
				t.Fatal(err)
			}
			warm := n.Offered(t, pool, "aaaaa")
			n.Settle(t)
			n.Step(t, claim)
			if got := suite.Get[extensionsv1.SandboxClaim](t, n, "ann"); rules.Binding(got) != warm.Name || got.Status.Sandbox.Name != warm.Name {
				t.Errorf("bound to %q, and has %q on record, want %q", rules.Binding(got), got.Status.Sandbox.Name, warm.Name)
			}
		})
	}
}
