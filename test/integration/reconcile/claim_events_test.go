package reconcile

import (
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A manager writes events about claims unless it is told not to. The quiet manager runs first and does the same work: when the
// other one's events are there, its own events would be there, too.
func TestAManagerThatIsQuietAboutClaims(t *testing.T) {
	quiet, other := suite.New(t), suite.New(t)
	for _, n := range []*suite.Namespace{quiet, other} {
		n.Run(t, func(o *controllers.Options) { o.DisableClaimEvents = n == quiet })
		suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
		suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Template("python").Obj())
		suite.Create(t, n, n.Editor, builder.MakeClaim("waits").Template("missing").Obj())
		suite.Await(t, "the claims say what became of them", func() bool {
			cold, waits := suite.Get[extensionsv1.SandboxClaim](t, n, "cold"), suite.Get[extensionsv1.SandboxClaim](t, n, "waits")
			return cold.Status.Sandbox.Name == "cold" && rules.IsReported(waits.Status.Conditions)
		})
	}
	suite.Await(t, "the events are there", func() bool {
		said := about(t, other, extensionsv1.KindSandboxClaim)
		return said["SandboxProvisioned cold"] && said["TemplateNotFound waits"]
	})
	if said := about(t, quiet, extensionsv1.KindSandboxClaim); len(said) > 0 {
		t.Errorf("the quiet one says %v", said)
	}
}

// about returns the reasons of the events about objects of that kind in the namespace, with the object that each is about.
func about(t *testing.T, n *suite.Namespace, kind string) map[string]bool {
	t.Helper()
	var events eventsv1.EventList
	if err := n.Admin.List(t.Context(), &events, client.InNamespace(n.Name)); err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for i := range events.Items {
		if event := &events.Items[i]; event.Regarding.Kind == kind {
			said[event.Reason+" "+event.Regarding.Name] = true
		}
	}
	return said
}
