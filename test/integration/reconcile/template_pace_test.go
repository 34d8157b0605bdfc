package reconcile

import (
	"fmt"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/controllers/sandboxtemplate"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A namespace with many new templates has a few of them served at a time. One that has its policy waits for none of them, whatever
// changes.
func TestATemplateWaitsForItsTurn(t *testing.T) {
	n := suite.New(t)
	r := n.Templates(n.Cached)
	r.Pace = sandboxtemplate.NewPace(n.Clock.Now)
	labelled := builder.MakeTemplate("python").Obj() // As one that was served; anybody can do that.
	labelled.Labels = map[string]string{sandboxv1.LabelTemplateRefHash: rules.Hash("python")}
	template := suite.Create(t, n, n.Editor, labelled)
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
	const second = 400 * time.Millisecond // The first place after the burst is taken.
	pass("behind others", second, suite.Counts{})
	n.Clock.Step(second)
	pass("at its turn", 0, suite.Counts{"POST networkpolicies": 1})
	pass("in order", 0, suite.Counts{})
	n.Delete(t, n.Admin, suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy))
	pass("without its policy", 0, suite.Counts{"POST networkpolicies": 1})
}

// A manager paces the templates of a namespace. Time stands still, so only those of the burst have their turn.
func TestManyTemplatesAtOnce(t *testing.T) {
	n := suite.New(t)
	n.Run(t, func(*controllers.Options) {})
	hasFirst := func() bool { return !isGone(t, n, &networkingv1.NetworkPolicy{}, pythonPolicy) }
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	suite.Await(t, "the manager works", hasFirst)
	const burst, more = 100, 20
	for i := range burst - 1 + more {
		suite.Create(t, n, n.Editor, builder.MakeTemplate(fmt.Sprint("many-", i)).Obj())
	}
	policies := func() int {
		var list networkingv1.NetworkPolicyList
		if err := n.Admin.List(t.Context(), &list, client.InNamespace(n.Name)); err != nil {
			t.Fatal(err)
		}
		return len(list.Items)
	}
	suite.Await(t, "the burst has its policies", func() bool { return policies() >= burst })
	n.Delete(t, n.Admin, suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy))
	suite.Await(t, "a repair, which comes after all of them", hasFirst)
	if got := policies(); got != burst {
		t.Errorf("%d templates were served at once, want %d", got, burst)
	}
	n.Clock.Step(time.Minute)
	suite.Await(t, "all have", func() bool { return policies() == burst+more })
}
