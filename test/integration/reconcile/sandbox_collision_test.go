package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// Two names with the same hash, 92dc4537: a search through names of this form found them after 37221.
const colliding, collides = "notebook-aha-abn", "agent-lai-ytd"

// Two Sandboxes whose names have the same hash share nothing: each Service leads to its own Pod, and each status shows it.
func TestNamesWithTheSameHash(t *testing.T) {
	n := suite.New(t)
	if rules.Hash(colliding) != rules.Hash(collides) {
		t.Fatalf("the hashes are %s and %s, want the same", rules.Hash(colliding), rules.Hash(collides))
	}
	names := []string{colliding, collides}
	for _, name := range names {
		sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox(name).Service(true).VolumeClaimTemplate("data").Obj())
		n.Step(t, sandbox)
	}
	for _, name := range names {
		n.RunPod(t, name)
		n.Step(t, suite.Get[sandboxv1.Sandbox](t, n, name))
	}
	for _, name := range names {
		var pods corev1.PodList
		selector := labels.SelectorFromSet(suite.Get[corev1.Service](t, n, name).Spec.Selector)
		if err := n.Admin.List(t.Context(), &pods, client.InNamespace(n.Name), client.MatchingLabelsSelector{Selector: selector}); err != nil {
			t.Fatal(err)
		}
		var selected []string
		for i := range pods.Items {
			selected = append(selected, pods.Items[i].Name)
		}
		if diff := cmp.Diff([]string{name}, selected); diff != "" {
			t.Errorf("Pods that the Service of %s selects (-want +got):\n%s", name, diff)
		}
		status := suite.Get[sandboxv1.Sandbox](t, n, name).Status
		if want := "agents.x-k8s.io/sandbox-name-hash=" + rules.Hash(name); status.Selector != want {
			t.Errorf("status.selector of %s is %q, want %q", name, status.Selector, want)
		}
		if !isReady(status.Conditions) || status.PodUID != suite.Get[corev1.Pod](t, n, name).UID {
			t.Errorf("the status of %s is %+v", name, status)
		}
	}
}
