package retry

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func refused(namespace string, i int) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: fmt.Sprint(i)}}
}

func TestPace(t *testing.T) {
	clock := testclock.NewFakePassiveClock(epoch)
	p := NewPace(refusalInterval, refusalBurst, time.Minute, clock.Now)
	for i := range refusalBurst {
		if got := p.next(refused("a", i)); got != 0 {
			t.Errorf("%d of the burst waits %s", i, got)
		}
	}
	for i := range 3 {
		if got, want := p.next(refused("a", refusalBurst+i)), time.Duration(i+1)*refusalInterval; got != want {
			t.Errorf("%d after the burst waits %s, want %s", i, got, want)
		}
	}
	if got := p.next(refused("b", 0)); got != 0 {
		t.Errorf("another namespace waits %s", got)
	}
	clock.SetTime(epoch.Add(time.Hour))
	if got := p.next(refused("a", 0)); got != 0 {
		t.Errorf("after an hour it waits %s", got)
	}
}

// However often an object is woken and refused, it puts off no other.
func TestAnObjectHasOnePlace(t *testing.T) {
	clock := testclock.NewFakePassiveClock(epoch)
	p := NewPace(refusalInterval, refusalBurst, time.Minute, clock.Now)
	for i := range refusalBurst {
		p.next(refused("a", i))
	}
	for range 1000 {
		if got := p.next(refused("a", 100)); got != refusalInterval {
			t.Fatalf("it waits %s", got)
		}
	}
	if got := p.next(refused("a", 101)); got != 2*refusalInterval {
		t.Errorf("the next object waits %s", got)
	}
	clock.SetTime(epoch.Add(refusalInterval))
	if got := p.next(refused("a", 100)); got != 2*refusalInterval {
		t.Errorf("at its next try it waits %s", got)
	}
}

// What waits before it is done goes on when its time has come, whatever else came meanwhile.
// Where others have given their places back, one comes sooner, but never before it may.
func TestPlacesThatAreGivenBack(t *testing.T) {
	clock := testclock.NewFakePassiveClock(epoch)
	p := NewPace(refusalInterval, refusalBurst, 0, clock.Now)
	for i := range refusalBurst + 20 {
		p.next(refused("a", i)) // The last waits for 20 s.
	}
	last, before := refused("a", refusalBurst+19), refused("a", refusalBurst+18)
	if in, found := p.sooner(last, 0); found || in != 20*refusalInterval {
		t.Errorf("with no place before it, it comes in %s, sooner: %t", in, found)
	}
	for i := range 15 {
		p.Forget(refused("a", refusalBurst+i))
	}
	if in, found := p.sooner(last, 7*time.Second); !found || in != 7*time.Second {
		t.Errorf("it comes in %s, sooner: %t, want in 7s", in, found)
	}
	if got := p.next(before); got != 5*refusalInterval {
		t.Errorf("one that was done before its time waits %s, want 5s: five are left", got)
	}
	if got := p.next(before); got != 5*refusalInterval {
		t.Errorf("done once more, it waits %s", got)
	}
	if got := p.next(refused("a", 100)); got != 6*refusalInterval {
		t.Errorf("the next object waits %s", got)
	}
}

func TestWait(t *testing.T) {
	clock := testclock.NewFakePassiveClock(epoch)
	p := NewPace(time.Second, 2, time.Minute, clock.Now)
	expect := func(when string, i int, want time.Duration) {
		t.Helper()
		if got := p.Wait(refused("a", i)); got != want {
			t.Errorf("%s, %d waits %s, want %s", when, i, got, want)
		}
	}
	for i, want := range []time.Duration{0, 0, time.Second, 2 * time.Second} {
		expect("at first", i, want)
	}
	expect("when it is woken", 2, time.Second)
	clock.SetTime(epoch.Add(time.Second))
	expect("after a second", 4, 2*time.Second)
	expect("after a second", 2, 0)
	expect("after a second", 3, time.Second)
	expect("when it comes again", 2, 3*time.Second)
	p.Forget(refused("a", 3))
	expect("after one place was given back", 5, 3*time.Second)
	if _, waits := p.places[refused("a", 3)]; waits {
		t.Error("it remembers what it was to forget")
	}
	if got := (*Pace)(nil).Wait(refused("a", 0)); got != 0 {
		t.Errorf("without a pace it waits %s", got)
	}
	(*Pace)(nil).Forget(refused("a", 0))
}

func TestPaceIsBounded(t *testing.T) {
	p := NewPace(refusalInterval, refusalBurst, time.Minute, testclock.NewFakePassiveClock(epoch).Now)
	for i := range 10_000 {
		if got := p.next(refused("a", i)); got > time.Minute {
			t.Fatalf("%d waits %s", i, got)
		}
	}
	for i := range 10_000 {
		p.Forget(refused("a", i))
	}
	if len(p.places) > 0 {
		t.Errorf("%d places are left", len(p.places))
	}
}

// Where nothing bounds the wait, the number of objects changes nothing about the pace.
func TestPaceOfAnyNumber(t *testing.T) {
	p := NewPace(refusalInterval, refusalBurst, 0, testclock.NewFakePassiveClock(epoch).Now)
	for i := range 10_000 {
		if got, want := p.next(refused("a", i)), max(0, time.Duration(i+1-refusalBurst)*refusalInterval); got != want {
			t.Fatalf("%d waits %s, want %s", i, got, want)
		}
	}
}

func TestPaceForgetsNamespacesAtRest(t *testing.T) {
	clock := testclock.NewFakePassiveClock(epoch)
	p := NewPace(refusalInterval, refusalBurst, time.Minute, clock.Now)
	for i := range idleNamespaces {
		p.next(refused(fmt.Sprint(i), 0))
	}
	clock.SetTime(epoch.Add(time.Hour))
	p.next(refused("a", 0))
	if len(p.free) != 1 {
		t.Errorf("%d namespaces are remembered", len(p.free))
	}
}
