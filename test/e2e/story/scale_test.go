package story

import (
	"fmt"
	"os/exec"
	"testing"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// kubectl scale grows and shrinks a pool. The pool deletes only its own Sandboxes, and a claimed Sandbox is not its own any
// more. When the pool is empty, a claim gets a new Sandbox, which has the claim's name.
func TestScale(t *testing.T) {
	s := scene.Enter(t)
	s.Pool(t, "pool", 3)
	claimed := ready(t, s, builder.MakeClaim("warm").Pool("pool").Obj())
	if !claimed.warm {
		t.Error("the claim did not get a warm Sandbox of a full pool")
	}
	for _, replicas := range []int{8, 1, 4, 0} {
		scale(t, s, "pool", replicas)
		s.AwaitFull(t, "pool", replicas)
	}
	cold := ready(t, s, builder.MakeClaim("cold").Pool("pool").Obj())
	if cold.warm || cold.sandbox != "cold" {
		t.Errorf("the claim on an empty pool got %+v, want a cold Sandbox of its own name", cold)
	}
	s.History.Look(func(h *history.History) {
		if h.Sandbox(claimed.sandbox) == nil {
			t.Error("the claimed Sandbox is gone")
		}
		for _, sandbox := range h.Sandboxes {
			if sandbox.Gone && sandbox.Controller().Kind != extensionsv1.KindSandboxWarmPool {
				t.Errorf("Sandbox %q was deleted while %v controlled it", sandbox.Latest.Name, sandbox.Controller())
			}
		}
	})
}

// scale runs kubectl scale as the editor.
func scale(t *testing.T, s *scene.Scene, pool string, replicas int) {
	t.Helper()
	kubectl := exec.CommandContext(t.Context(), "kubectl", "--kubeconfig="+s.EditorKubeconfig(), "--namespace="+s.Namespace,
		"scale", "swp", pool, fmt.Sprintf("--replicas=%d", replicas))
	if output, err := kubectl.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", kubectl.Args, err, output)
	}
}

// A claim that names a template takes a Sandbox from any pool of that template that has one, and from no other pool.
func TestAClaimByTemplateTakesFromAnyPoolOfIt(t *testing.T) {
	s := scene.Enter(t)
	s.Create(t, builder.MakeTemplate("wanted").Obj(), builder.MakeTemplate("other").Obj(),
		builder.MakePool("empty").Template("wanted").Replicas(0).Obj(),
		builder.MakePool("first").Template("wanted").Replicas(1).Obj(),
		builder.MakePool("second").Template("wanted").Replicas(1).Obj(),
		builder.MakePool("third").Template("other").Replicas(3).Obj())
	s.AwaitFull(t, "first", 1)
	s.AwaitFull(t, "second", 1)
	s.AwaitFull(t, "third", 3)
	// The pools are not filled again, so that a second claim has to search further than the first.
	pools := map[string]int{}
	for _, pool := range []string{"first", "second"} {
		scale(t, s, pool, 1)
	}
	for _, name := range []string{"one", "two"} {
		got := ready(t, s, builder.MakeClaim(name).Template("wanted").Obj())
		if !got.warm || (got.pool != "first" && got.pool != "second") {
			t.Errorf("the claim got %+v, want a warm Sandbox of the pools first or second", got)
		}
		pools[got.pool]++
		scale(t, s, got.pool, 0)
		s.AwaitFull(t, got.pool, 0)
	}
	if len(pools) != 2 {
		t.Errorf("the claims took from %v, want one from each", pools)
	}
	if got := ready(t, s, builder.MakeClaim("three").Template("wanted").Obj()); got.warm || got.sandbox != "three" {
		t.Errorf("with no Sandbox of the template left the claim got %+v, want a cold one of its own name", got)
	}
}
