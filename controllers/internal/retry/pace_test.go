package retry

import (
	"fmt"
	"testing"
	"time"

	testclock "k8s.io/utils/clock/testing"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestPace(t *testing.T) {
	clock := testclock.NewFakePassiveClock(epoch)
	p := newPace(clock.Now)
	for i := range refusalBurst {
		if got := p.next("a"); got != 0 {
			t.Errorf("%d of the burst waits %s", i, got)
		}
	}
	for i := range 3 {
		if got, want := p.next("a"), time.Duration(i+1)*refusalInterval; got != want {
			t.Errorf("%d after the burst waits %s, want %s", i, got, want)
		}
	}
	if got := p.next("b"); got != 0 {
		t.Errorf("another namespace waits %s", got)
	}
	clock.SetTime(epoch.Add(time.Hour))
	if got := p.next("a"); got != 0 {
		t.Errorf("after an hour it waits %s", got)
	}
}

func TestPaceForgetsNamespacesAtRest(t *testing.T) {
	clock := testclock.NewFakePassiveClock(epoch)
	p := newPace(clock.Now)
	for i := range idleNamespaces {
		p.next(fmt.Sprint(i))
	}
	clock.SetTime(epoch.Add(time.Hour))
	p.next("a")
	if len(p.free) != 1 {
		t.Errorf("%d namespaces are remembered", len(p.free))
	}
}
