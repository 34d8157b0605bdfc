package yield

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Lane is how many requests of a Lot that have waited for their bound are worked on at a time, while claims are on their way. On
// a machine with room to spare they take milliseconds, and so the lane is wide. On a busy one it is narrow.
const Lane = 2

// laneHold is how long a request takes a place of the Lane at the most. What takes longer waits for something itself, and makes
// nobody else wait.
const laneHold = time.Second

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Lot is where the requests of one controller wait while claims are on their way. It adds each to the controller's queue
// again: all of them when no claim is left, and each after its bound, as the Lane has room. Namespaces take turns there. Use NewLot.
type Lot struct {
	traffic *Traffic
	clock   clock.Clock
	queue   queue
	// news is signalled when a request may have become due.
	news chan struct{}

	mu sync.Mutex
	// due is when the bound of each request ends that has been parked and was not admitted since.
	due map[reconcile.Request]time.Time
	// parked are those of them that wait here, and not in the queue, for their bound or for the last claim.
	parked deadlines
	// overdue are those whose bound has ended, and that wait here for room in the lane.
	overdue turns
	// lane has since when the requests are in the lane that were released into it, and are not done.
	lane map[reconcile.Request]time.Time
}

// NewLot returns an empty Lot that waits for the claims in traffic. If traffic is nil, so is the Lot.
func NewLot(traffic *Traffic) *Lot {
	if traffic == nil {
		return nil
	}
	return &Lot{
		traffic: traffic, clock: traffic.clock, news: make(chan struct{}, 1), due: map[reconcile.Request]time.Time{},
		lane: map[reconcile.Request]time.Time{},
	}
}

// Run adds requests to q again until ctx ends, as a source of the controller (source.Func).
func (l *Lot) Run(ctx context.Context, q queue) error {
	if l == nil {
		return nil
	}
	l.queue = q
	l.traffic.tell(l, true)
	go func() {
		defer l.traffic.tell(l, false)
		timer := l.clock.NewTimer(forever)
		defer timer.Stop()
		for {
			timer.Reset(l.release())
			select {
			case <-ctx.Done():
				return
			case <-timer.C():
			case <-l.news:
			}
		}
	}()
	return nil
}

// Admit reports whether the work for request begins now. Otherwise request waits here, for bound at the most: it is added to the
// queue again, and its worker goes on. A bound of 0 means that it never waits. After work that was admitted comes Done. A Lot that
// is nil admits all.
func (l *Lot) Admit(request reconcile.Request, bound time.Duration) bool {
	if l == nil {
		return true
	}
	busy := bound > 0 && l.traffic.Busy()
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, released := l.lane[request]; released || !busy {
		return true
	}
	due, known := l.due[request]
	if !known {
		due = l.clock.Now().Add(bound)
		l.due[request] = due
	}
	if !l.waits(request) {
		l.parked.add(request, due)
	}
	l.signal()
	return false
}

// waits reports whether request waits here.
func (l *Lot) waits(request reconcile.Request) bool {
	return l.parked.has[request] || l.overdue.has[request]
}

// Done says that a worker is done with request: the work has ended, or there was none. It does nothing for one that waits here.
func (l *Lot) Done(request reconcile.Request) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waits(request) {
		return
	}
	delete(l.due, request)
	if _, released := l.lane[request]; released {
		delete(l.lane, request)
		l.signal()
	}
}

// release adds to the queue what may go on, and returns after what time there may be more. Done and the last claim tell before.
func (l *Lot) release() (next time.Duration) {
	busy := l.traffic.Busy()
	l.mu.Lock()
	defer l.mu.Unlock()
	next = l.expire()
	if busy {
		return min(next, l.fillLane())
	}
	for !l.overdue.empty() {
		l.queue.Add(l.overdue.next())
	}
	for l.parked.Len() > 0 {
		l.queue.Add(l.parked.first())
	}
	return forever
}

// forever is longer than anything takes here.
const forever = time.Hour

// fillLane lets as many overdue requests into the lane as it has places, and returns after what time a place is free in any case.
func (l *Lot) fillLane() time.Duration {
	now, taken, next := l.clock.Now(), 0, forever
	for _, since := range l.lane {
		if left := laneHold - now.Sub(since); left > 0 {
			taken++
			next = min(next, left)
		}
	}
	for ; taken < Lane && !l.overdue.empty(); taken++ {
		request := l.overdue.next()
		l.lane[request] = now
		l.queue.Add(request)
		next = min(next, laneHold)
	}
	if l.overdue.empty() {
		return forever
	}
	return next
}

// expire makes overdue whatever is due, and returns after what time something else is.
func (l *Lot) expire() time.Duration {
	now := l.clock.Now()
	for l.parked.Len() > 0 {
		if wait := l.parked.list[0].due.Sub(now); wait > 0 {
			return wait
		}
		l.overdue.add(l.parked.first())
	}
	return forever
}

func (l *Lot) signal() {
	select {
	case l.news <- struct{}{}:
	default: // It is told already.
	}
}
