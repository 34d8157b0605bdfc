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
	p := newPace(time.Minute, clock.Now)
	for i := range refusalBurst {
		if got := p.wait(refused("a", i)); got != 0 {
			t.Errorf("%d of the burst waits %s", i, got)
		}
	}
	for i := range 3 {
		if got, want := p.wait(refused("a", refusalBurst+i)), time.Duration(i+1)*refusalInterval; got != want {
			t.Errorf("%d after the burst waits %s, want %s", i, got, want)
		}
	}
	if got := p.wait(refused("b", 0)); got != 0 {
		t.Errorf("another namespace waits %s", got)
	}
	clock.SetTime(epoch.Add(time.Hour))
	if got := p.wait(refused("a", 0)); got != 0 {
		t.Errorf("after an hour it waits %s", got)
	}
}

// However often an object is woken and refused, it puts off no other.
func TestAnObjectHasOnePlace(t *testing.T) {
	clock := testclock.NewFakePassiveClock(epoch)
	p := newPace(time.Minute, clock.Now)
	for i := range refusalBurst {
		p.wait(refused("a", i))
	}
	for range 1000 {
		if got := p.wait(refused("a", 100)); got != refusalInterval {
			t.Fatalf("it waits %s", got)
		}
	}
	if got := p.wait(refused("a", 101)); got != 2*refusalInterval {
		t.Errorf("the next object waits %s", got)
	}
	clock.SetTime(epoch.Add(refusalInterval))
	if got := p.wait(refused("a", 100)); got != 2*refusalInterval {
		t.Errorf("at its next try it waits %s", got)
	}
}

func TestPaceIsBounded(t *testing.T) {
	p := newPace(time.Minute, testclock.NewFakePassiveClock(epoch).Now)
	for i := range 10_000 {
		if got := p.wait(refused("a", i)); got > time.Minute {
			t.Fatalf("%d waits %s", i, got)
		}
	}
	for i := range 10_000 {
		p.forget(refused("a", i))
	}
	if len(p.places) > 0 {
		t.Errorf("%d places are left", len(p.places))
	}
}

func TestPaceForgetsNamespacesAtRest(t *testing.T) {
	clock := testclock.NewFakePassiveClock(epoch)
	p := newPace(time.Minute, clock.Now)
	for i := range idleNamespaces {
		p.wait(refused(fmt.Sprint(i), 0))
	}
	clock.SetTime(epoch.Add(time.Hour))
	p.wait(refused("a", 0))
	if len(p.free) != 1 {
		t.Errorf("%d namespaces are remembered", len(p.free))
	}
}
