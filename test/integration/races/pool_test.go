package races

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/sandboxwarmpool"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// scale sets how many Sandboxes the pool asks for.
func (a *arena) scale(t *testing.T, replicas int32) {
	t.Helper()
	base := a.pool.DeepCopy()
	a.pool.Spec.Replicas = &replicas
	if err := a.Editor.Patch(t.Context(), a.pool, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

func fill(t *testing.T, r *sandboxwarmpool.Reconciler, pool *extensionsv1.SandboxWarmPool) {
	t.Helper()
	if _, err := r.Reconcile(t.Context(), pool); err != nil {
		t.Fatalf("reconciling pool %s: %v", pool.Name, err)
	}
}

// The pool has decided to delete a Sandbox when a claim adopts it. The claim keeps it.
func TestScaleDownRacesAdoption(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	claim := a.boundTo(t, "mine", warm.Name)
	a.scale(t, 0)
	a.Settle(t)
	late := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("delete", func() { reconcile(t, a.worker(a.Cached), claim) }))
	fill(t, a.Pools(late), a.pool)
	a.has(t, "mine", warm.Name)
}

// Here it is the other way round: the Sandbox is gone when the claim adopts it, and the claim is bound again.
func TestAdoptionRacesScaleDown(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	claim := a.boundTo(t, "mine", warm.Name)
	a.scale(t, 0)
	a.Settle(t)
	late := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("patch", func() { fill(t, a.Pools(a.Cached), a.pool) }))
	reconcile(t, a.worker(late), claim)
	a.has(t, "mine", "mine")
}

// A stale cache shows Sandboxes that claims have adopted as the pool's own. None of them is deleted.
func TestScaleDownOnAnOldView(t *testing.T) {
	a := newArena(t)
	warm := []*sandboxv1.Sandbox{a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb"), a.Warm(t, a.pool, "ccccc")}
	lagging := a.Lagging(t)
	lagging.Hold()
	for _, sandbox := range warm[:2] {
		claim := a.boundTo(t, "of-"+sandbox.Name, sandbox.Name)
		a.Settle(t)
		reconcile(t, a.worker(a.Cached), claim)
	}
	a.scale(t, 0)
	fill(t, a.Pools(lagging.Plain), a.pool)
	a.has(t, "of-python-aaaaa", "python-aaaaa")
	a.has(t, "of-python-bbbbb", "python-bbbbb")
	if got := a.controlled(t, a.pool); len(got) > 0 {
		t.Errorf("the pool controls %v, want none: nobody adopted what is left", got)
	}
}

// later waits until a new object is newer than sandbox: creation times have a resolution of one second.
func (a *arena) later(t *testing.T, sandbox *sandboxv1.Sandbox) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		probe := builder.MakeSandbox("probe").Namespace(a.Name).Obj()
		err := a.Editor.Create(ctx, probe, client.DryRunAll)
		return probe.CreationTimestamp.After(sandbox.CreationTimestamp.Time), err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A pool deletes members that are not Ready first, and then the newest. Here an order by name would delete the oldest first.
func TestScaleDownKeepsWhatIsReady(t *testing.T) {
	a := newArena(t)
	a.Member(t, a.pool, "aaaaa")
	old := a.Warm(t, a.pool, "bbbbb")
	a.later(t, old)
	a.Warm(t, a.pool, "ccccc")
	a.Member(t, a.pool, "ddddd")
	for _, kept := range [][]string{{"python-bbbbb", "python-ccccc"}, {"python-bbbbb"}} {
		a.scale(t, int32(len(kept)))
		a.Step(t, a.pool)
		if diff := cmp.Diff(kept, a.controlled(t, a.pool)); diff != "" {
			t.Errorf("members (-want +got):\n%s", diff)
		}
	}
}

// filledUnseen makes three Sandboxes for the pool, which the cache does not show until it resumes. It returns the reconciler
// that made them, and their names.
func (a *arena) filledUnseen(t *testing.T, lagging *suite.Lagging) (r *sandboxwarmpool.Reconciler, created []string) {
	t.Helper()
	a.scale(t, 3)
	lagging.Hold()
	r = a.Pools(lagging.Plain)
	fill(t, r, a.pool)
	if created = a.controlled(t, a.pool); len(created) != 3 {
		t.Fatalf("the pool controls %v, want three", created)
	}
	return r, created
}

// The pool is reconciled again while the cache has seen nothing of what the first reconcile created.
func TestNoOverCreationBehindACache(t *testing.T) {
	a := newArena(t)
	lagging := a.Lagging(t)
	r, created := a.filledUnseen(t, lagging)
	var seen sandboxv1.SandboxList
	if err := lagging.Plain.List(t.Context(), &seen, client.InNamespace(a.Name)); err != nil || len(seen.Items) > 0 {
		t.Fatalf("the cache is not behind: %d Sandboxes, %v", len(seen.Items), err)
	}

	for range 2 { // Neither waits for the cache.
		fill(t, r, a.pool)
		if diff := cmp.Diff(created, a.controlled(t, a.pool)); diff != "" {
			t.Errorf("members while the cache is behind (-before +after):\n%s", diff)
		}
	}
	lagging.Resume()
	fill(t, r, a.pool)
	if diff := cmp.Diff(created, a.controlled(t, a.pool)); diff != "" {
		t.Errorf("members after the cache caught up (-before +after):\n%s", diff)
	}
}

// blind is a live reader that finds nothing, as one of an API server that is behind.
type blind struct{ client.Reader }

// List leaves list empty.
func (blind) List(context.Context, client.ObjectList, ...client.ListOption) error { return nil }

// The test above shows something only if a stale cache does mislead: a reconciler that knows nothing of the first one's writes, and
// whose live reads are stale as well, creates them again.
func TestOverCreationBehindACacheAlone(t *testing.T) {
	a := newArena(t)
	a.scale(t, 3)
	lagging := a.Lagging(t)
	lagging.Hold()
	for range 2 {
		r := a.Pools(lagging.Plain)
		r.Live = blind{}
		fill(t, r, a.pool)
	}
	if got := a.controlled(t, a.pool); len(got) != 6 {
		t.Errorf("the pool controls %v: this cache is not behind", got)
	}
	lagging.Resume()
}

// What a reconcile deleted is not counted in the next one, and no other is deleted in its place, while the cache still shows it.
func TestNoOverDeletionBehindACache(t *testing.T) {
	a := newArena(t)
	for _, suffix := range []string{"aaaaa", "bbbbb", "ccccc"} {
		a.Warm(t, a.pool, suffix)
	}
	lagging := a.Lagging(t)
	lagging.Hold()
	a.scale(t, 2)
	r := a.Pools(lagging.Plain)
	for range 3 {
		fill(t, r, a.pool)
		if got := a.controlled(t, a.pool); len(got) != 2 {
			t.Fatalf("the pool controls %v, want two", got)
		}
	}
	lagging.Resume()
}

// A manager becomes the leader while its cache has seen nothing of what the previous leader created. It reads live before it
// creates, each time until it has created something. From then on the cache has to show that creation, and so everything
// before it.
func TestNoOverCreationAtAChangeOfLeader(t *testing.T) {
	a := newArena(t)
	a.scale(t, 3)
	lagging := a.Lagging(t)
	lagging.Hold()
	fill(t, a.Pools(a.Cached), a.pool)
	created := a.controlled(t, a.pool)
	next := a.Pools(lagging.Plain)
	next.Settings.Refill.Probes = 0 // Nobody accepts a Pod here.
	for range 2 {
		fill(t, next, a.pool)
		if got := a.controlled(t, a.pool); len(created) != 3 || !slices.Equal(created, got) {
			t.Fatalf("members before %v, and after the change %v, want the same three", created, got)
		}
	}
	a.scale(t, 5)
	fill(t, next, a.pool)
	if got := a.controlled(t, a.pool); len(got) != 5 {
		t.Errorf("the pool controls %v, want five", got)
	}
	lagging.Resume()
	suite.Await(t, "the cache has caught up", func() bool {
		var seen sandboxv1.SandboxList
		return lagging.Plain.List(t.Context(), &seen, client.InNamespace(a.Name)) == nil && len(seen.Items) == 5
	})
	next.Live = nil // Nothing reads live any more.
	a.scale(t, 6)
	fill(t, next, a.pool)
	if got := a.controlled(t, a.pool); len(got) != 6 {
		t.Errorf("the pool controls %v, want six", got)
	}
}

// Two managers fill a pool at once, and neither sees what the other creates. The surplus is deleted.
func TestTwoFillersConverge(t *testing.T) {
	a := newArena(t)
	a.scale(t, 3)
	a.Settle(t)
	rival := a.Pools(a.Cached)
	late := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("create", func() { fill(t, rival, a.pool) }))
	fill(t, a.Pools(late), a.pool)
	if got := a.controlled(t, a.pool); len(got) != 6 {
		t.Fatalf("the pool controls %v: this is no race", got)
	}
	a.Step(t, a.pool)
	if got := a.controlled(t, a.pool); len(got) != 3 {
		t.Errorf("the pool controls %v, want three", got)
	}
}

// Adopted Sandboxes are replaced one by one, and none is replaced twice.
func TestAPoolIsRefilled(t *testing.T) {
	a := newArena(t)
	a.scale(t, 2)
	a.Step(t, a.pool)
	for i := range 3 {
		member := suite.Get[sandboxv1.Sandbox](t, a.Namespace, a.controlled(t, a.pool)[0])
		a.MakeReady(t, member)
		claim := a.boundTo(t, fmt.Sprintf("claim-%d", i), member.Name)
		a.Step(t, claim)
		a.Step(t, a.pool)
		a.Step(t, a.pool)
		if got := a.controlled(t, a.pool); len(got) != 2 || slices.Contains(got, member.Name) {
			t.Errorf("after the adoption of %s the pool controls %v, want two others", member.Name, got)
		}
		a.has(t, claim.Name, member.Name)
	}
}

// A pool is deleted without its Sandboxes, and created again. The first pool's Sandboxes do not belong to the second.
func TestAPoolOfTheSameName(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	fates["orphaned"](t, a, warm)
	a.Delete(t, a.Editor, a.pool)
	a.pool = suite.Create(t, a.Namespace, a.Editor, poolLike(a.pool))
	a.Step(t, a.pool)
	if got := a.controlled(t, a.pool); len(got) != 1 || got[0] == warm.Name {
		t.Errorf("the new pool controls %v, want one of its own", got)
	}
	if got := suite.Get[sandboxv1.Sandbox](t, a.Namespace, warm.Name); len(got.OwnerReferences) > 0 {
		t.Errorf("the orphan is owned by %v", got.OwnerReferences)
	}
}

func poolLike(pool *extensionsv1.SandboxWarmPool) *extensionsv1.SandboxWarmPool {
	fresh := &extensionsv1.SandboxWarmPool{Spec: *pool.Spec.DeepCopy()}
	fresh.Name = pool.Name
	return fresh
}
