package reconcile

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/namesake-sandbox/namesake/controllers/sandboxtemplate"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A namespace with many templates has a few of them written for at a time. A template for which there is nothing to write waits for
// none of them.
func TestATemplateWaitsForItsTurn(t *testing.T) {
	n := suite.New(t)
	r := n.Templates(n.Cached)
	r.Pace = sandboxtemplate.NewPace(n.Clock.Now)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	pass := func(when string, want time.Duration, writes suite.Counts) {
		t.Helper()
		n.Settle(t)
		before := suite.Writes(t)
		result, err := r.ReconcileRequest(t.Context(), reconcile.Request{NamespacedName: client.ObjectKeyFromObject(template)})
		if err != nil || result.RequeueAfter != want {
			t.Errorf("%s: %+v, %v; want to wait %s", when, result, err, want)
		}
		before.Expect(t, suite.Writes, writes)
	}
	for others := 0; ; others++ {
		other := types.NamespacedName{Namespace: n.Name, Name: fmt.Sprint(others)}
		if wait := r.Pace.Wait(reconcile.Request{NamespacedName: other}); wait > 0 {
			break
		}
	}
	const second = 200 * time.Millisecond // The first place after the burst is taken.
	pass("behind others", second, suite.Counts{})
	n.Clock.Step(second)
	pass("at its turn", 0, suite.Counts{"POST networkpolicies": 1, "PATCH sandboxtemplates": 1})
	pass("in order", 0, suite.Counts{})
}
