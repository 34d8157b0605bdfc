package retry

import (
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// refusalInterval is the time between two tries of a namespace's refused work, once refusalBurst of them came at once. So what a
	// quota refuses costs the same few requests a second, however many objects it refuses. Where one try goes well, the next does not
	// wait for its turn (backoff.succeeded).
	refusalInterval = time.Second
	refusalBurst    = 10
	// closeUpLooks is at how many others of a namespace a refusal looks for one that can come sooner.
	closeUpLooks = 8
	// idleNamespaces is how many namespaces are remembered before those are dropped that have nothing to wait for.
	idleNamespaces = 1000
)

// Pace spreads over time what is done for each namespace. It is the generic cell rate algorithm of ATM networks (ITU-T I.371),
// which keeps a single time for each namespace. An object has one place at a time: whatever wakes it before, it takes none from
// others. Use NewPace.
type Pace struct {
	interval, burst, longest time.Duration
	now                      func() time.Time

	mu sync.Mutex
	// free is from when on a namespace has all of its burst again.
	free map[string]time.Time
	// places are the times of the objects that have to wait.
	places map[reconcile.Request]time.Time
}

// NewPace returns a Pace at which each namespace has something done every interval, once that many came at once. An object
// waits for longest at the most, whatever the pace; if that is 0, as long as its turn takes.
func NewPace(interval time.Duration, burst int, longest time.Duration, now func() time.Time) *Pace {
	return &Pace{
		interval: interval, burst: time.Duration(burst) * interval, longest: longest, now: now,
		free: map[string]time.Time{}, places: map[reconcile.Request]time.Time{},
	}
}

// Wait returns how long request has to wait before something is done for it: 0 when its time has come. A Pace that is nil lets
// nothing wait.
func (p *Pace) Wait(request reconcile.Request) time.Duration {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, waits := p.places[request]; !waits {
		p.take(request)
	}
	left := p.left(request)
	if left == 0 {
		delete(p.places, request)
	}
	return left
}

// next returns how long request has to wait after something was done for it, until the next time. If that was done before its time, it
// keeps its place, or takes a sooner one where others were given back.
func (p *Pace) next(request reconcile.Request) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left(request) == 0 {
		p.take(request)
	} else {
		p.hasten(request, 0)
	}
	return p.left(request)
}

// sooner gives request a sooner place than it has, if there is one after wait at the earliest, and returns when that comes.
func (p *Pace) sooner(request reconcile.Request, wait time.Duration) (in time.Duration, found bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found = p.hasten(request, wait)
	return p.left(request), found
}

// hasten gives request, which has a place, the next of its namespace after wait, where that is sooner.
func (p *Pace) hasten(request reconcile.Request, wait time.Duration) bool {
	now := p.now()
	free := latest(p.free[request.Namespace], now.Add(p.interval)) // Its own is given back, and taken again.
	place := latest(free.Add(-p.burst), now.Add(wait))
	if !place.Before(p.places[request]) {
		return false
	}
	p.free[request.Namespace], p.places[request] = free, place
	return true
}

// Forget drops the place of request, which needs none any more. One that is still to come is given back: what is not done makes
// nobody wait.
func (p *Pace) Forget(request reconcile.Request) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left(request) > 0 {
		p.free[request.Namespace] = p.free[request.Namespace].Add(-p.interval)
	}
	delete(p.places, request)
}

func (p *Pace) left(request reconcile.Request) time.Duration {
	return max(0, p.places[request].Sub(p.now()))
}

// take gives request the next place of its namespace.
func (p *Pace) take(request reconcile.Request) {
	now := p.now()
	p.dropIdle(now)
	free := latest(p.free[request.Namespace], now).Add(p.interval)
	if last := now.Add(p.longest + p.burst); p.longest > 0 && free.After(last) {
		free = last
	}
	p.free[request.Namespace] = free
	p.places[request] = free.Add(-p.burst)
}

// dropIdle drops the namespaces that have nothing to wait for, when there are many.
func (p *Pace) dropIdle(now time.Time) {
	if len(p.free) < idleNamespaces {
		return
	}
	for name, free := range p.free {
		if !free.After(now) {
			delete(p.free, name)
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
