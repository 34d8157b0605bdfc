package retry

import (
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// refusalInterval is the time between two tries of a namespace's refused work, once refusalBurst of them came at once. So what a
	// quota refuses costs the same few requests a second, however many objects it refuses.
	refusalInterval = 100 * time.Millisecond
	refusalBurst    = 10
	// idleNamespaces is how many namespaces are remembered before those are dropped that have nothing to wait for.
	idleNamespaces = 1000
)

// pace spreads the tries of each namespace's refused work over time, up to longest. It is the generic cell rate algorithm of ATM
// networks (ITU-T I.371), which keeps a single time for each namespace. An object has one place at a time: whatever wakes it
// before, it takes none from others.
type pace struct {
	now     func() time.Time
	longest time.Duration
	// free is from when on a namespace has all of its burst again.
	free map[string]time.Time
	// places are the times at which objects are to be tried that have to wait.
	places map[reconcile.Request]time.Time
}

func newPace(longest time.Duration, now func() time.Time) *pace {
	return &pace{now: now, longest: longest, free: map[string]time.Time{}, places: map[reconcile.Request]time.Time{}}
}

// wait returns how long the next try of request has to wait, and takes a place for it.
func (p *pace) wait(request reconcile.Request) time.Duration {
	now := p.now()
	if place := p.places[request]; place.After(now) {
		return place.Sub(now)
	}
	delete(p.places, request)
	p.dropIdle(now)
	free := p.free[request.Namespace]
	if free.Before(now) {
		free = now
	}
	free = free.Add(refusalInterval)
	if last := now.Add(p.longest + refusalBurst*refusalInterval); free.After(last) {
		free = last
	}
	p.free[request.Namespace] = free
	place := free.Add(-refusalBurst * refusalInterval)
	if !place.After(now) {
		return 0
	}
	p.places[request] = place
	return place.Sub(now)
}

// forget drops the place of request, which needs none any more.
func (p *pace) forget(request reconcile.Request) { delete(p.places, request) }

// dropIdle drops the namespaces that have nothing to wait for, when there are many.
func (p *pace) dropIdle(now time.Time) {
	if len(p.free) < idleNamespaces {
		return
	}
	for name, free := range p.free {
		if !free.After(now) {
			delete(p.free, name)
		}
	}
}
