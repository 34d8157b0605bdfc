package candidates

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// A pick ends after its time, which begins anew when the claim is seen for the first time.
func TestHoldEnds(t *testing.T) {
	bound := builder.MakeClaim("c").Pool("p").BoundTo("s-0").Obj()
	for name, tc := range map[string]struct {
		seen  []time.Duration // when the claim is seen after the pick
		until time.Duration   // how long s-0 is out of reach
	}{
		"never seen":        {nil, ReservationTTL},
		"seen at once":      {[]time.Duration{0}, ReservationTTL},
		"seen at the end":   {[]time.Duration{ReservationTTL}, 2 * ReservationTTL},
		"seen again, twice": {[]time.Duration{ReservationTTL / 2, ReservationTTL, 3 * ReservationTTL / 2}, 3 * ReservationTTL / 2},
		"seen too late":     {[]time.Duration{ReservationTTL + 1}, 2*ReservationTTL + 1},
	} {
		t.Run(name, func(t *testing.T) {
			index := filled(1)
			if got := index.Hold(byPool, start); got != "s-0" {
				t.Fatalf("held %q", got)
			}
			for _, after := range tc.seen {
				index.ObserveClaim(bound, start.Add(after))
			}
			isFree := func(after time.Duration) bool {
				index.Release(start.Add(after))
				return index.queues[pool.UID][index.sandboxes[key("s-0")].queue.group].free.Len() == 1
			}
			if isFree(tc.until) {
				t.Errorf("free again after %s", tc.until)
			}
			if !isFree(tc.until + 1) {
				t.Errorf("not free after %s", tc.until+1)
			}
			if left := len(index.reserved.names) + len(index.reserved.endings); left > 0 {
				t.Errorf("%d reservations are left", left)
			}
		})
	}
}

// The API server stalls, and stores none of the claims for almost as long as their Sandboxes are held. No two of them get the
// same one.
func TestHoldOutlastsAStall(t *testing.T) {
	index := filled(20)
	held := map[string]bool{}
	for k := range 20 {
		held[index.Hold(byPool, start.Add(time.Duration(k)*ReservationTTL/20))] = true
	}
	if len(held) != 20 || held[""] {
		t.Errorf("20 claims hold %v", held)
	}
}

// Claims that nobody ever sees hold all of a queue, and hide none of it: claims that exist get what has been held longest,
// and so do others after a moment.
func TestHoldHidesNothing(t *testing.T) {
	for _, size := range []int{1, 2, 3, 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			index, at := filled(size), start
			var held []string
			for range size {
				name := index.Hold(byPool, at)
				if name == "" || slices.Contains(held, name) {
					t.Fatalf("held %q after %q", name, held)
				}
				held, at = append(held, name), at.Add(time.Millisecond)
			}
			if got := index.Hold(byPool, start.Add(holdOverdue-1)); got != "" {
				t.Errorf("held %q for two", got)
			}
			for i, want := range held {
				if got := index.Hold(byPool, start.Add(holdOverdue).Add(time.Duration(i)*time.Millisecond)); got != want {
					t.Errorf("hold %d anew is of %q, want %q", i, got, want)
				}
			}
			at = start.Add(holdOverdue).Add(time.Duration(size) * time.Millisecond)
			if got := index.Hold(byPool, at); got != "" {
				t.Errorf("held %q for two at once", got)
			}
			for i, want := range held {
				if got := index.Pick(byPool, at); got != want {
					t.Errorf("pick %d is %q, want %q", i, got, want)
				}
			}
			if got := index.Pick(byPool, at); got != "" {
				t.Errorf("one more: %q", got)
			}
		})
	}
}

// What is seen at once is not counted: claims in a row get every Sandbox.
func TestHoldOfClaimsThatAreSeen(t *testing.T) {
	index := filled(20)
	for range 20 {
		name := index.Hold(byPool, start)
		if name == "" {
			t.Fatal("nothing in reach")
		}
		index.ObserveClaim(builder.MakeClaim("x").Pool("p").BoundTo(name).Obj(), start)
	}
}

// A held Sandbox that comes and goes meanwhile is held when it is there again.
func TestHoldOutlastsTheCandidate(t *testing.T) {
	index := filled(2)
	gone := index.Hold(byPool, start)
	index.Forget(key(gone))
	if got := index.Hold(byPool, start); got == "" || got == gone {
		t.Errorf("then held %q", got)
	}
	index.Observe(member(gone, template).Obj())
	if got := index.Hold(byPool, start); got != "" {
		t.Errorf("held %q of two that are held", got)
	}
	index.ObserveNode(builder.MakeNode(builder.DefaultNode).Unschedulable().Obj())
	if got := index.Pick(byPool, start); got != "" {
		t.Errorf("picked %q on a cordoned node", got)
	}
	index.ObserveNode(builder.MakeNode(builder.DefaultNode).Obj())
	if got := index.Hold(byPool, start.Add(ReservationTTL+1)); got == "" {
		t.Error("nothing in reach when all is over")
	}
}

// A claim is not offered an older Sandbox, or one of another pool, because the better ones are held.
func TestHoldKeepsPreferences(t *testing.T) {
	index := filled(1)
	index.ObservePool(builder.MakePool("q").Template("t").Obj())
	index.Observe(builder.MakeSandbox("q-0").Pool(builder.MakePool("q").Template("t").Obj()).Ready().Obj()) // outdated: it has no hash
	if got := index.Hold(byName, start); got != "s-0" {
		t.Fatalf("held %q", got)
	}
	if got := index.Hold(byName, start); got != "" {
		t.Errorf("the next is offered %q", got)
	}
	if got := index.Pick(byName, start); got != "s-0" {
		t.Errorf("the controller picks %q", got)
	}
	if got := index.Pick(byName, start); got != "q-0" {
		t.Errorf("and then %q", got)
	}
}
