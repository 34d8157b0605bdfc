package admission

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A restore may write the status of a claim, as it was. A record of a Sandbox that is not there would stand for ever, so only the
// controller writes it, even if it is the one that the claim is bound to. Conditions are anybody's to write: the controller writes them anew.
func TestTheRecordOfARestoredClaim(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").Obj())
	suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Replicas(0).Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	bound, cold := claim.DeepCopy(), rules.ColdName(claim, false)
	bound.Annotations = map[string]string{sandboxv1.AnnotationBinding: cold}
	if err := n.Controller.Patch(t.Context(), bound, client.MergeFrom(claim)); err != nil {
		t.Fatal(err)
	}
	claim = bound
	record := func(c client.Client, name string) error {
		changed := claim.DeepCopy()
		changed.Status = extensionsv1.SandboxClaimStatus{Conditions: builder.MakeClaim("mine").Condition("Ready", "True", "DependenciesReady").Obj().Status.Conditions}
		changed.Status.Sandbox.Name = name
		return c.Status().Patch(t.Context(), changed, client.MergeFrom(claim), client.DryRunAll)
	}
	for name, tt := range map[string]struct {
		by      client.Client
		sandbox string
		refused bool
	}{
		"its own, by an administrator":     {n.Admin, cold, true},
		"another one, by an administrator": {n.Admin, "other", true},
		"none, by an administrator":        {n.Admin, "", false},
		"its own, by the controller":       {n.Controller, cold, false},
		"another one, by the controller":   {n.Controller, "other", true},
	} {
		if err := record(tt.by, tt.sandbox); apierrors.IsInvalid(err) != tt.refused || !tt.refused && err != nil {
			t.Errorf("%s: %v, want it refused: %t", name, err, tt.refused)
		}
	}
}
