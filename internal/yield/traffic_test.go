package yield

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	testclock "k8s.io/utils/clock/testing"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func sandbox(name string) types.NamespacedName { return types.NamespacedName{Name: name} }

func TestTraffic(t *testing.T) {
	clock := testclock.NewFakeClock(start)
	traffic, quiet := NewTraffic(clock), 0
	lot := NewLot(traffic)
	traffic.tell(lot, true)
	for i, step := range []struct {
		begin, end string
		after      time.Duration
		busy       bool
		quiet      int
	}{
		{end: "never seen", busy: false},
		{begin: "a", busy: true},
		{begin: "a", busy: true},
		{begin: "b", busy: true},
		{end: "a", busy: true},
		{end: "b", busy: false, quiet: 1},
		{begin: "b", busy: false, quiet: 1}, // It counts once.
		{after: time.Second, begin: "c", busy: true, quiet: 1},
		{after: onItsWay - 1, busy: true, quiet: 1},
		{after: 1, busy: false, quiet: 1},
		{end: "c", busy: false, quiet: 1},
		{begin: "a", busy: true, quiet: 1}, // After so long it is another one's turn.
		{end: "a", busy: false, quiet: 2},
	} {
		clock.Step(step.after)
		if step.begin != "" {
			traffic.Begin(sandbox(step.begin))
		}
		if step.end != "" {
			traffic.End(sandbox(step.end))
		}
		select {
		case <-lot.news:
			quiet++
		default:
		}
		if got := traffic.Busy(); got != step.busy || quiet != step.quiet {
			t.Errorf("step %d: busy %t, quiet %d times, want %t and %d", i, got, quiet, step.busy, step.quiet)
		}
	}
	clock.Step(onItsWay)
	traffic.Busy()
	if len(traffic.claims)+len(traffic.order) > 0 {
		t.Errorf("%d claims are left", len(traffic.claims)+len(traffic.order))
	}
}

// A claim whose creation takes long counts from when it is seen as well as from when it was picked.
func TestALongCreation(t *testing.T) {
	clock := testclock.NewFakeClock(start)
	traffic := NewTraffic(clock)
	traffic.Pick(sandbox("a"))
	traffic.Pick(sandbox("refused"))
	if at, picked := traffic.Seen(sandbox("a")); !at.IsZero() || !picked {
		t.Errorf("before it is seen: %s, picked %t", at, picked)
	}
	clock.Step(onItsWay - 1)
	seen := clock.Now()
	for range 3 {
		traffic.Begin(sandbox("a"))
	}
	clock.Step(1)
	traffic.Begin(sandbox("a"))
	if at, picked := traffic.Seen(sandbox("a")); !at.Equal(seen) || !picked || traffic.count != 1 {
		t.Errorf("seen %s, picked %t, and %d are on their way, want %s and 1", at, picked, traffic.count, seen)
	}
	clock.Step(onItsWay - 2)
	if !traffic.Busy() {
		t.Error("it counts from when it was picked only")
	}
	clock.Step(1)
	if at, picked := traffic.Seen(sandbox("a")); traffic.Busy() || !at.IsZero() || picked || len(traffic.order) > 0 {
		t.Errorf("in the end it is seen %s, picked %t, and %d moments are left", at, picked, len(traffic.order))
	}
}

// What was there when the replica began to look was seen at no time that is known. A later event does not make it new.
func TestListed(t *testing.T) {
	clock := testclock.NewFakeClock(start)
	traffic := NewTraffic(clock)
	traffic.List(sandbox("a"))
	traffic.Begin(sandbox("a"))
	if at, picked := traffic.Seen(sandbox("a")); !traffic.Busy() || !at.IsZero() || picked {
		t.Errorf("busy %t, seen %s, picked %t", traffic.Busy(), at, picked)
	}
	clock.Step(onItsWay)
	if traffic.Busy() || len(traffic.order) > 0 {
		t.Error("it counts for ever")
	}
}

// A Sandbox whose claim was deleted is picked again: the new claim has nothing of the old one.
func TestPickedAgain(t *testing.T) {
	clock := testclock.NewFakeClock(start)
	traffic := NewTraffic(clock)
	for range 3 {
		traffic.Pick(sandbox("a"))
		traffic.Pick(sandbox("a"))
		if at, picked := traffic.Seen(sandbox("a")); traffic.count != 1 || !at.IsZero() || !picked {
			t.Errorf("%d on their way, seen %s, picked %t", traffic.count, at, picked)
		}
		traffic.Begin(sandbox("a"))
		traffic.End(sandbox("a"))
		if traffic.Busy() {
			t.Error("busy after its end")
		}
		clock.Step(onItsWay / 2)
	}
	clock.Step(onItsWay)
	if traffic.Busy() || len(traffic.order)+len(traffic.claims) > 0 {
		t.Errorf("%d moments and %d claims are left", len(traffic.order), len(traffic.claims))
	}
}

func TestNoTraffic(t *testing.T) {
	var none *Traffic
	none.Begin(sandbox("a"))
	none.End(sandbox("a"))
	if at, picked := none.Seen(sandbox("a")); none.Busy() || picked || !at.IsZero() {
		t.Error("it is busy")
	}
}

// Another replica is at work as long as claims come to be served that this one does not serve.
func TestWhoServes(t *testing.T) {
	clock := testclock.NewFakeClock(start)
	traffic := NewTraffic(clock)
	const other, third = 1, 2
	traffic.Pick(sandbox("mine"))
	traffic.Begin(sandbox("mine"))
	traffic.Begin(sandbox("helped"))
	traffic.Help(sandbox("helped"))
	traffic.Help(sandbox("unknown"))
	traffic.Begin(sandbox("deleted"))
	for _, name := range []string{"mine", "helped", "unknown"} {
		traffic.Serve(sandbox(name), other)
	}
	traffic.End(sandbox("deleted"))
	if at := traffic.LastServed(other); !at.IsZero() {
		t.Errorf("the other served at %s, although this replica did", at)
	}
	traffic.Begin(sandbox("theirs"))
	traffic.Serve(sandbox("theirs"), other)
	served := clock.Now()
	clock.Step(onItsWay - 1)
	traffic.Serve(sandbox("theirs"), other) // It was served before.
	if at := traffic.LastServed(other); !at.Equal(served) {
		t.Errorf("the other served at %s, want %s", at, served)
	}
	if at := traffic.LastServed(third); !at.IsZero() {
		t.Errorf("the third served at %s, want never", at)
	}
	clock.Step(1)
	if at := traffic.LastServed(other); !at.IsZero() || len(traffic.served) > 0 {
		t.Errorf("long after, the other served at %s, of %d", at, len(traffic.served))
	}
	if traffic.Busy() {
		t.Error("there are claims on their way")
	}
}
