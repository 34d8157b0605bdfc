package reconcile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// These two names have the same hash, 92dc4537. A search through names of this form found them after 37221 names.
const colliding, collides = "notebook-aha-abn", "agent-lai-ytd"

// Two Sandboxes whose names have the same hash share nothing. Each Service leads to its own Pod, and each status shows it.
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

// Two pools whose names have the same hash, and so the same label and selector, do not share anything either: neither their
// members nor their claims nor their counts.
func TestPoolsWithTheSameHash(t *testing.T) {
	n := suite.New(t)
	one, two := builder.CollidingNames()
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	first := suite.Create(t, n, n.Editor, builder.MakePool(one).Template("python").Replicas(2).Obj())
	second := suite.Create(t, n, n.Editor, builder.MakePool(two).Template("python").Replicas(1).Obj())
	expect := func(what string, want map[string][3]int32) {
		t.Helper()
		got := map[string][3]int32{}
		for _, pool := range []*extensionsv1.SandboxWarmPool{first, second} {
			n.Step(t, pool)
			n.Step(t, pool) // This counts its members.
			status := suite.Get[extensionsv1.SandboxWarmPool](t, n, pool.Name).Status
			got[pool.Name] = [3]int32{int32(len(poolMembers(t, n, pool))), status.Replicas, status.ReadyReplicas}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: members, and of these counted and counted as Ready (-want +got):\n%s", what, diff)
		}
	}
	expect("filled", map[string][3]int32{one: {2, 2, 0}, two: {1, 1, 0}})
	for _, member := range poolMembers(t, n, first) {
		if got := member.Labels["agents.x-k8s.io/warm-pool-sandbox"]; got != rules.Hash(two) {
			t.Fatalf("the label of %s is %q, want that of both pools, %s", member.Name, got, rules.Hash(two))
		}
		n.MakeReady(t, &member)
	}
	expect("one Ready", map[string][3]int32{one: {2, 2, 2}, two: {1, 1, 0}})
	n.AwaitOffer(t, first, true)

	for _, pool := range []*extensionsv1.SandboxWarmPool{second, first} {
		claim := suite.Create(t, n, n.Editor, builder.MakeClaim("of-"+pool.Name).Pool(pool.Name).Obj())
		n.Step(t, claim)
	}
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "of-"+two).Status.Sandbox.Name; got != "of-"+two { // It is cold.
		t.Errorf("the claim of the pool that has nothing Ready has Sandbox %q", got)
	}
	got := suite.Get[extensionsv1.SandboxClaim](t, n, "of-"+one).Status.Sandbox.Name
	if !strings.HasPrefix(got, one+"-") {
		t.Errorf("the claim of the pool that is Ready has Sandbox %q", got)
	}
	expect("claimed", map[string][3]int32{one: {2, 2, 1}, two: {1, 1, 0}})

	change(t, n, one, func(pool *extensionsv1.SandboxWarmPool) { pool.Spec.Replicas = new(int32(0)) })
	expect("scaled down", map[string][3]int32{one: {0, 0, 0}, two: {1, 1, 0}})
	if sandbox := suite.Get[sandboxv1.Sandbox](t, n, got); sandbox.DeletionTimestamp != nil {
		t.Error("the claimed Sandbox is being deleted")
	}
}
