package races

import (
	"slices"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// reasons are the reasons for which a pool deletes its only member, and how each comes about. Each function returns the time
// of the reconcile.
var reasons = map[string]func(*testing.T, *arena, *sandboxv1.Sandbox) time.Time{
	"too many": func(t *testing.T, a *arena, _ *sandboxv1.Sandbox) time.Time {
		t.Helper()
		a.scale(t, 0)
		return a.Clock.Now()
	},
	"stuck": func(_ *testing.T, _ *arena, member *sandboxv1.Sandbox) time.Time {
		return member.CreationTimestamp.Add(time.Hour)
	},
	"outdated": func(t *testing.T, a *arena, member *sandboxv1.Sandbox) time.Time {
		t.Helper()
		a.MakeReady(t, member)
		base := a.pool.DeepCopy()
		a.pool.Spec.UpdateStrategy = &extensionsv1.SandboxWarmPoolUpdateStrategy{Type: extensionsv1.UpdateStrategyRecreate}
		if err := a.Editor.Patch(t.Context(), a.pool, client.MergeFrom(base)); err != nil {
			t.Fatal(err)
		}
		before := a.template.DeepCopy()
		a.template.Spec.PodTemplate.Spec.Containers[0].Image = "another"
		if err := a.Editor.Patch(t.Context(), a.template, client.MergeFrom(before)); err != nil {
			t.Fatal(err)
		}
		return a.Clock.Now()
	},
}

// For each reason the pool does delete the member when nothing comes in between.
func TestAPoolDeletes(t *testing.T) {
	for reason, comeAbout := range reasons {
		t.Run(reason, func(t *testing.T) {
			a := newArena(t)
			member := a.Member(t, a.pool, "aaaaa")
			now := comeAbout(t, a, member)
			a.Settle(t)
			r := a.Pools(a.Cached)
			r.Now = func() time.Time { return now }
			fill(t, r, a.pool)
			if got := a.controlled(t, a.pool); slices.Contains(got, member.Name) {
				t.Errorf("the pool controls %v", got)
			}
		})
	}
}

// The pool has decided to delete a member when a claim adopts it. The claim keeps it, and the pool is reconciled again soon.
func TestDeletionRacesAdoption(t *testing.T) {
	for reason, comeAbout := range reasons {
		t.Run(reason, func(t *testing.T) {
			a := newArena(t)
			member := a.Member(t, a.pool, "aaaaa")
			claim := a.boundTo(t, "mine", member.Name)
			now := comeAbout(t, a, member)
			a.Settle(t)
			late := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("delete", func() { reconcile(t, a.worker(a.Cached), claim) }))
			r := a.Pools(late)
			r.Now = func() time.Time { return now }
			result, err := r.Reconcile(t.Context(), a.pool)
			if err != nil || !suite.Soon(result) {
				t.Errorf("%v, %v, want to look again soon", result, err)
			}
			a.has(t, "mine", member.Name)
		})
	}
}

// When a write of the member's status makes a deletion fail, the pool decides on the deletion again.
func TestALostDeletionIsDecidedAgain(t *testing.T) {
	a := newArena(t)
	member := a.Member(t, a.pool, "aaaaa")
	a.scale(t, 0)
	a.Settle(t)
	late := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("delete", func() { a.MakeReady(t, member) }))
	result, err := a.Pools(late).Reconcile(t.Context(), a.pool)
	if err != nil || !suite.Soon(result) {
		t.Errorf("%v, %v, want to look again soon", result, err)
	}
	if got := a.controlled(t, a.pool); len(got) != 1 {
		t.Errorf("the pool controls %v", got)
	}
	a.Step(t, a.pool)
	if got := a.controlled(t, a.pool); len(got) > 0 {
		t.Errorf("the pool still controls %v", got)
	}
}

// A quarter of a pool is replaced at a time, also while the cache has not seen the replacements that were created.
func TestNoOverReplacementBehindACache(t *testing.T) {
	a := newArena(t)
	a.scale(t, 4)
	for _, suffix := range []string{"aaaaa", "bbbbb", "ccccc"} {
		a.Warm(t, a.pool, suffix)
	}
	reasons["outdated"](t, a, a.Member(t, a.pool, "ddddd"))
	lagging := a.Lagging(t)
	r := a.Pools(lagging.Plain)
	fill(t, r, a.pool)
	if got := a.controlled(t, a.pool); len(got) != 3 {
		t.Fatalf("the pool controls %v, want three: one is being replaced", got)
	}
	suite.Await(t, "the cache has caught up", func() bool {
		var seen sandboxv1.SandboxList
		return lagging.Plain.List(t.Context(), &seen, client.InNamespace(a.Name)) == nil && len(seen.Items) == 3
	})
	lagging.Hold()
	for range 3 {
		fill(t, r, a.pool)
		if got := a.controlled(t, a.pool); len(got) != 4 {
			t.Fatalf("the pool controls %v, want four", got)
		}
	}
	lagging.Resume()
}

// A pool is deleted and created again before the garbage collector acts. The first pool's Sandboxes do not belong to the
// second, and a claim on the second does not get them.
func TestAPoolOfTheSameNameBeforeTheCollector(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	a.Delete(t, a.Editor, a.pool)
	a.pool = suite.Create(t, a.Namespace, a.Editor, poolLike(a.pool))
	a.Settle(t)
	a.Step(t, a.pool)
	members := a.controlled(t, a.pool)
	if len(members) != 1 || members[0] == warm.Name {
		t.Fatalf("the new pool controls %v, want one of its own", members)
	}
	fresh := suite.Get[sandboxv1.Sandbox](t, a.Namespace, members[0])
	a.MakeReady(t, fresh)
	a.Settle(t)
	r := a.worker(a.Cached, warm, fresh)
	for _, turn := range []struct{ claim, want string }{{"first", fresh.Name}, {"second", "second"}} { // The second goes cold.
		claim := a.claim(t, turn.claim)
		a.Settle(t)
		reconcile(t, r, claim)
		a.has(t, turn.claim, turn.want)
	}
	a.scale(t, 0)
	a.Step(t, a.pool)
	if got := suite.Get[sandboxv1.Sandbox](t, a.Namespace, warm.Name); got.DeletionTimestamp != nil {
		t.Error("the new pool deletes what the first had")
	}
}

// The cache first sees what a pool created when it lists again. By then one Sandbox is adopted, and another is gone. The pool
// does not wait for them, and replaces both.
func TestARelist(t *testing.T) {
	a := newArena(t)
	lagging := a.Lagging(t)
	r, created := a.filledUnseen(t, lagging)
	claim := a.boundTo(t, "mine", created[0])
	a.Settle(t)
	reconcile(t, a.worker(a.Cached), claim)
	a.Delete(t, a.Editor, suite.Get[sandboxv1.Sandbox](t, a.Namespace, created[1]))

	lagging.Relist()
	fill(t, r, a.pool)
	if got := a.controlled(t, a.pool); len(got) != 3 || !slices.Contains(got, created[2]) {
		t.Errorf("the pool controls %v, want %s and two others", got, created[2])
	}
	a.has(t, "mine", created[0])
}
