package candidates

import (
	"fmt"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// A pick for a claim that nobody has seen ends after a moment. One for a claim that was seen lasts as long as ever.
func TestHoldEndsSoon(t *testing.T) {
	bound := builder.MakeClaim("c").Pool("p").BoundTo("s-0").Obj()
	for name, tc := range map[string]struct {
		seen  []time.Duration // when the claim is seen after the pick
		until time.Duration   // how long s-0 is out of reach
	}{
		"never seen":        {nil, HoldTTL},
		"seen at once":      {[]time.Duration{0}, ReservationTTL},
		"seen at the end":   {[]time.Duration{HoldTTL}, HoldTTL + ReservationTTL},
		"seen again, twice": {[]time.Duration{HoldTTL / 2, HoldTTL, 2 * HoldTTL}, HoldTTL/2 + ReservationTTL},
		"seen too late":     {[]time.Duration{HoldTTL + 1}, HoldTTL + 1 + ReservationTTL},
	} {
		t.Run(name, func(t *testing.T) {
			index := filled(1)
			if got := index.Hold(byPool, start); got != "s-0" {
				t.Fatalf("held %q", got)
			}
			for _, after := range tc.seen {
				index.ObserveClaim(bound, start.Add(after))
			}
			if got := index.Peek(byPool, start.Add(tc.until)); got != "" {
				t.Errorf("in reach again after %s: %q", tc.until, got)
			}
			if got := index.Peek(byPool, start.Add(tc.until+1)); got != "s-0" {
				t.Errorf("not in reach after %s", tc.until+1)
			}
			if left := len(index.reserved.names) + len(index.reserved.held) + len(index.reserved.kept); left > 0 {
				t.Errorf("%d reservations are left", left)
			}
		})
	}
}

// Claims that nobody ever sees hold half of a queue at most, however many there are. Claims that exist get all the rest,
// and then what is held.
func TestHoldTakesAPart(t *testing.T) {
	for _, size := range []int{1, 2, 3, 4, 20} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			index, held := filled(size), map[string]bool{}
			for range 10 * size {
				if name := index.Hold(byPool, start); name != "" {
					held[name] = true
				}
			}
			if want := (size + 1) / 2; len(held) != want {
				t.Errorf("%d of %d are held, want %d", len(held), size, want)
			}
			for i := range size {
				name := index.Pick(byPool, start)
				if isHeld := i >= size-len(held); name == "" || held[name] != isHeld {
					t.Errorf("pick %d is %q, held: %t, want %t", i, name, held[name], isHeld)
				}
			}
			if got := index.Pick(byPool, start); got != "" {
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

// A held Sandbox that comes and goes meanwhile counts only while it is there.
func TestHoldCountsWhatIsThere(t *testing.T) {
	index := filled(3)
	gone := index.Hold(byPool, start)
	index.Forget(key(gone))
	if index.Hold(byPool, start) == "" {
		t.Error("one of two, and it is not held")
	}
	index.Observe(member(gone, template).Obj())
	if got := index.Hold(byPool, start); got != "" {
		t.Errorf("held %q of three, of which two are held", got)
	}
	index.ObserveNode(builder.MakeNode(builder.DefaultNode).Unschedulable().Obj())
	if got := index.Pick(byPool, start); got != "" {
		t.Errorf("picked %q on a cordoned node", got)
	}
	index.ObserveNode(builder.MakeNode(builder.DefaultNode).Obj())
	if got := index.Hold(byPool, start.Add(HoldTTL+1)); got == "" {
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
