package sandboxwarmpool

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// One creation of a batch is refused while others are on their way. They are waited for, and no more are begun.
func TestABatchThatIsRefused(t *testing.T) {
	b := &batch{left: 100, late: func() bool { return false }}
	var mu sync.Mutex
	begun, ended := 0, 0
	all := make(chan struct{}) // closed when as many are on their way as may be
	b.run(parallel, 100, func() error {
		mu.Lock()
		begun++
		mine := begun
		if begun == parallel {
			close(all)
		}
		mu.Unlock()
		<-all
		for mine != 1 { // Those that are on their way end after the one that is refused.
			b.mu.Lock()
			failed := b.err != nil
			b.mu.Unlock()
			if failed {
				break
			}
			runtime.Gosched()
		}
		mu.Lock()
		defer mu.Unlock()
		ended++
		if mine == 1 {
			return errors.New("over quota")
		}
		return nil
	})
	if b.err == nil || !b.succeeded || begun != parallel || ended != parallel {
		t.Errorf("of %d that were begun %d ended: %v", begun, ended, b.err)
	}
}

// A batch begins no more when it is late, and all of it otherwise.
func TestABatchInTime(t *testing.T) {
	for name, tc := range map[string]struct{ left, n, lateAfter, want int }{
		"all":                  {40, 40, 100, 40},
		"no more than n":       {40, 1, 100, 1},
		"no more than is left": {3, 40, 100, 3},
		"late":                 {40, 40, 0, 0},
	} {
		created := 0
		var mu sync.Mutex
		b := &batch{left: tc.left, late: func() bool { return created >= tc.lateAfter }}
		b.run(1, tc.n, func() error {
			mu.Lock()
			defer mu.Unlock()
			created++
			return nil
		})
		if created != tc.want || b.left != tc.left-tc.want {
			t.Errorf("%s: %d were created and %d are left, want %d", name, created, b.left, tc.want)
		}
	}
}

// What this process has written counts until the cache shows it, and no longer.
func TestOwnWrites(t *testing.T) {
	var w ownWrites
	pool := builder.MakePool("p").Obj()
	member := func(name string) *sandboxv1.Sandbox {
		return builder.MakeSandbox(name).UID(types.UID("uid-" + name)).Pool(pool).Obj()
	}
	expect := func(what string, unseen int, caughtUp bool) {
		t.Helper()
		if pending, up := w.pending(pool.UID); len(pending) != unseen || up != caughtUp {
			t.Errorf("%s: %d are unseen, caught up %t; want %d, %t", what, len(pending), up, unseen, caughtUp)
		}
	}
	expect("at first", 0, false)
	for _, name := range []string{"a", "b", "c", "d", "refused"} {
		w.creating(pool.UID, name, builder.Epoch)
	}
	w.refused(pool.UID, "refused")
	expect("after four creations", 4, false)
	w.apply(pool.UID, []*sandboxv1.Sandbox{member("older")}, builder.Epoch)
	expect("with a cache that is behind", 4, false)
	w.observed(pool.UID, "a")
	w.observed(pool.UID, "older")
	w.observed("another", "b")
	w.apply(pool.UID, []*sandboxv1.Sandbox{member("older"), member("b")}, builder.Epoch)
	expect("with a cache that has two", 2, true)
	w.confirm(pool.UID, map[string]bool{"older": true, "b": true, "c": true})
	expect("when d is gone", 1, true)

	w.deleted(pool.UID, "uid-b")
	cached := member("b")
	for range 2 {
		got := w.apply(pool.UID, []*sandboxv1.Sandbox{member("older"), cached}, builder.Epoch)
		if got[0].DeletionTimestamp != nil || got[1].DeletionTimestamp == nil || cached.DeletionTimestamp != nil {
			t.Error("the one that was deleted, and it alone, is terminating, and the cache's own object stays as it is")
		}
	}
	w.apply(pool.UID, []*sandboxv1.Sandbox{member("older")}, builder.Epoch)
	if got := w.apply(pool.UID, []*sandboxv1.Sandbox{cached}, builder.Epoch); got[0].DeletionTimestamp != nil {
		t.Error("a deletion counts although the cache has shown it")
	}
	w.forget(pool.UID)
	expect("when the pool is gone", 0, false)
}

// listing is a client whose lists are empty but for what into puts there, and who may have an event while it lists.
type listing struct {
	client.Client

	event func()
	into  func(client.ObjectList)
}

func (l listing) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	if l.event != nil {
		l.event()
	}
	if l.into != nil {
		l.into(list)
	}
	return nil
}

// Only a creation that the cache has not shown for long makes the pool ask the API server.
func TestOverdueCreations(t *testing.T) {
	var w ownWrites
	pool := builder.MakePool("p").Obj()
	w.creating(pool.UID, "a", builder.Epoch)
	w.creating(pool.UID, "b", builder.Epoch.Add(time.Second))
	for after, want := range map[time.Duration]time.Duration{0: overdue, time.Second: overdue - time.Second, overdue: 0, time.Minute: 0} {
		if got := w.due(pool.UID, builder.Epoch.Add(after)); got != want {
			t.Errorf("after %s: overdue in %s, want %s", after, got, want)
		}
	}
	w.observed(pool.UID, "a")
	if got := w.due(pool.UID, builder.Epoch.Add(overdue)); got != time.Second {
		t.Errorf("of b alone: overdue in %s, want 1s", got)
	}
}

// An event that shows a creation after the members were listed makes the list neither show it nor newer than what came before.
func TestAnEventWhileMembersAreListed(t *testing.T) {
	pool := builder.MakePool("p").Obj()
	r := &Reconciler{Now: func() time.Time { return builder.Epoch }}
	r.Client = listing{event: func() { r.writes.observed(pool.UID, "a") }}
	r.writes.creating(pool.UID, "a", builder.Epoch)
	want := rules.OwnCreations{Unseen: 1}
	if members, own, err := r.members(t.Context(), pool); len(members) != 0 || own != want || err != nil {
		t.Errorf("%d members, %+v, %v; want none, and %+v", len(members), own, err, want)
	}
	want = rules.OwnCreations{CaughtUp: true}
	if _, own, _ := r.members(t.Context(), pool); own != want {
		t.Errorf("then %+v, want %+v", own, want)
	}
}

// What the API server has and the cache never shows, because it is gone before the cache begins anew, is looked for again.
func TestACreationThatTheCacheNeverShows(t *testing.T) {
	pool := builder.MakePool("p").Replicas(1).Obj()
	there := []metav1.PartialObjectMetadata{{ObjectMeta: builder.MakeSandbox("a").Pool(pool).Obj().ObjectMeta}}
	r := &Reconciler{Now: func() time.Time { return builder.Epoch.Add(overdue) }}
	r.Live = listing{into: func(list client.ObjectList) { list.(*metav1.PartialObjectMetadataList).Items = there }}
	r.writes.creating(pool.UID, "a", builder.Epoch)
	own := rules.OwnCreations{Unseen: 1, CaughtUp: true}
	if missing, again, err := r.confirmMissing(t.Context(), pool, 1, own); missing != 0 || again != overdue || err != nil {
		t.Errorf("while it is there: %d are missing, again in %s, %v; want none, and %s", missing, again, err, overdue)
	}
	there = nil
	if missing, again, err := r.confirmMissing(t.Context(), pool, 1, own); missing != 1 || again != 0 || err != nil {
		t.Errorf("when it is gone: %d are missing, again in %s, %v; want 1", missing, again, err)
	}
}

// A pool that is refused is held for longer each time, until it or its template changes, or one is created.
func TestRefusals(t *testing.T) {
	var r refusals
	pool := builder.MakePool("p").Generation(1).Obj()
	template := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Obj())
	problem := &rules.ConditionError{Reason: "SandboxRefused", Message: "over quota", Cause: errors.New("over quota")}
	var waits []bool
	now := builder.Epoch
	for range 20 {
		r.hold(pool, template, problem, now)
		held, wait := r.holding(pool, template, now)
		if held == nil || held.Cause != nil || held.Message != problem.Message || wait <= 0 || wait > time.Minute {
			t.Fatalf("held for %s: %v", wait, held)
		}
		waits = append(waits, wait >= 30*time.Second)
		now = now.Add(wait)
		if held, _ := r.holding(pool, template, now); held != nil || !r.refused(pool.UID) {
			t.Fatal("it is held for longer than was said, or what was refused is forgotten")
		}
	}
	if diff := cmp.Diff(true, !waits[0] && waits[19]); diff != "" {
		t.Errorf("waits of half a minute or more: %v", waits)
	}
	r.hold(pool, template, problem, now)
	changed := builder.MakePool("p").Generation(2).Obj()
	if held, _ := r.holding(changed, template, now); held != nil {
		t.Error("it is held although it has changed")
	}
	edited := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Generation(7).Obj())
	if held, _ := r.holding(pool, edited, now); held != nil {
		t.Error("it is held although its template has changed")
	}
	r.lift(pool.UID)
	if held, _ := r.holding(pool, template, now); held != nil || r.refused(pool.UID) {
		t.Error("it is held although one was created")
	}
}
