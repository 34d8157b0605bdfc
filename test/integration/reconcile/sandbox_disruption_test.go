package reconcile

import (
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// The PodDisruptionBudget of the samples selects the Pods of claimed Sandboxes, warm or cold, and no Pod in a pool nor one of a
// Sandbox without a claim. The API server takes it as it is.
func TestTheSampleOfADisruptionBudget(t *testing.T) {
	text, err := os.ReadFile("../../../config/samples/disruption/claimed.yaml")
	if err != nil {
		t.Fatal(err)
	}
	budget := &policyv1.PodDisruptionBudget{}
	if err := yaml.UnmarshalStrict(text, budget); err != nil {
		t.Fatal(err)
	}
	n := suite.New(t)
	suite.Create(t, n, n.Admin, budget)
	selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(what, pod string, want bool) {
		t.Helper()
		if got := selector.Matches(labels.Set(suite.Get[corev1.Pod](t, n, pod).Labels)); got != want {
			t.Errorf("%s: selected %t", what, got)
		}
	}
	pool := n.Pool(t, "python")
	warm := n.Offered(t, pool, "aaaaa")
	n.Step(t, warm)
	expect("in a pool", warm.Name, false)
	bare := suite.Create(t, n, n.Editor, builder.MakeSandbox("bare").Obj())
	n.Step(t, bare)
	expect("without a claim", "bare", false)

	n.MakeReady(t, suite.Get[sandboxv1.Sandbox](t, n, warm.Name))
	n.AwaitOffer(t, pool, true)
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj()))
	n.Step(t, warm)
	expect("claimed", warm.Name, true)
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Pool("python").Obj()))
	n.Step(t, suite.Get[sandboxv1.Sandbox](t, n, "cold"))
	expect("claimed, and cold", "cold", true)
}
