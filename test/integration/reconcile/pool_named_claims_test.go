package reconcile

import (
	"testing"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// awaitOfferByTemplate waits until the index offers a Sandbox to claims that name a template, or none.
func awaitOfferByTemplate(t *testing.T, n *suite.Namespace, template string, want bool) {
	t.Helper()
	claim := builder.MakeClaim("peek").Namespace(n.Name).Template(template).Obj()
	suite.Await(t, "the index knows the pool", func() bool { return (n.Index.Peek(claim, n.Clock.Now()) != "") == want })
}

// keep sets the annotation that keeps a pool for claims that name it, or takes it away.
func keep(t *testing.T, n *suite.Namespace, pool, value string) {
	t.Helper()
	change(t, n, pool, func(pool *extensionsv1.SandboxWarmPool) {
		delete(pool.Annotations, sandboxv1.AnnotationNamedClaimsOnly)
		if value != "" {
			pool.Annotations = map[string]string{sandboxv1.AnnotationNamedClaimsOnly: value}
		}
	})
}

// A pool is prewarmed for a tenant who names it. Claims of its template get nothing of it, neither by admission nor by the
// controller, until the pool is open to all again.
func TestAPoolThatIsKept(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	keep(t, n, "python", "true")
	warm := n.Offered(t, pool, "aaaaa")
	awaitOfferByTemplate(t, n, "python", false)

	byTemplate := suite.Create(t, n, n.Editor, builder.MakeClaim("by-template").Template("python").Obj())
	if got := rules.Binding(byTemplate); got != "" {
		t.Errorf("admission bound a claim by template to %q", got)
	}
	n.Step(t, byTemplate)
	if got := suite.Get[sandboxv1.Sandbox](t, n, "by-template"); !rules.ControlledBy(got, byTemplate) {
		t.Errorf("the claim by template did not go cold: %v", got.OwnerReferences)
	}
	named := suite.Create(t, n, n.Editor, builder.MakeClaim("named").Pool("python").Obj())
	if got := rules.Binding(named); got != warm.Name {
		t.Errorf("admission bound the claim that names the pool to %q, want %q", got, warm.Name)
	}
}

// A change of the annotation holds for the next claim, in both directions.
func TestAPoolThatIsKeptNoLonger(t *testing.T) {
	for name, open := range map[string]string{"by its removal": "", "by false": "false"} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			pool := n.Pool(t, "python")
			warm := n.Offered(t, pool, "aaaaa")
			awaitOfferByTemplate(t, n, "python", true)
			keep(t, n, "python", "true")
			awaitOfferByTemplate(t, n, "python", false)
			keep(t, n, "python", open)
			awaitOfferByTemplate(t, n, "python", true)
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("by-template").Template("python").Obj())
			if got := rules.Binding(claim); got != warm.Name {
				t.Errorf("admission bound the claim to %q, want %q", got, warm.Name)
			}
		})
	}
}

// Of two pools of a template, the one that is kept is passed over.
func TestAPoolThatIsKeptBesideAnother(t *testing.T) {
	n := suite.New(t)
	kept := n.Pool(t, "python")
	keep(t, n, "python", "true")
	n.Offered(t, kept, "aaaaa")
	open := suite.Create(t, n, n.Editor, builder.MakePool("z").Template("python").Obj())
	warm := n.Offered(t, open, "bbbbb")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("by-template").Template("python").Obj())
	if got := rules.Binding(claim); got != warm.Name {
		t.Errorf("admission bound the claim to %q, want %q", got, warm.Name)
	}
}
