package retry

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// backoff is when to try again what has failed: later each time, until it goes well. Each delay is a random part of its bound,
// from a half up, so that what fails at one moment is not all tried again at one moment.
//
// It is a workqueue.TypedRateLimiter. Its Forget does nothing: a controller calls that after every reconcile without an error,
// and a refusal is none.
type backoff struct {
	first, longest time.Duration
	// random returns a number from 0 to 1.
	random func() float64
	// given, where it is not nil, decides instead.
	given workqueue.TypedRateLimiter[reconcile.Request]
	// pace is that of refusals.
	pace *Pace

	mu       sync.Mutex
	failures map[reconcile.Request]int
	due      map[reconcile.Request]time.Duration
	// refused are the requests whose last failure was a refusal, by namespace.
	refused map[string]sets.Set[reconcile.Request]
	// queue is what has the requests tried. It is nil before there is one.
	queue adds
}

// adds is what backoff needs of a queue.
type adds interface {
	Add(request reconcile.Request)
	AddAfter(request reconcile.Request, wait time.Duration)
}

func newBackoff(first, longest time.Duration, random func() float64) *backoff {
	return &backoff{
		first: first, longest: longest, random: random, pace: NewPace(refusalInterval, refusalBurst, 0, clock.RealClock{}.Now),
		failures: map[reconcile.Request]int{}, due: map[reconcile.Request]time.Duration{}, refused: map[string]sets.Set[reconcile.Request]{},
	}
}

// When implements workqueue.TypedRateLimiter: it counts a failure.
func (b *backoff) When(request reconcile.Request) time.Duration { return b.next(request, false) }

// next counts a failure, and returns when to try again. Refusals are tried at the pace of their namespace as well.
func (b *backoff) next(request reconcile.Request, refused bool) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	wait := b.delay(b.failures[request])
	b.setRefused(request, refused)
	if refused {
		wait = max(wait, b.pace.next(request))
		b.closeUp(request)
	}
	if b.given != nil {
		wait = b.given.When(request)
	}
	b.failures[request]++
	if due := b.due[request]; due > 0 {
		wait = min(wait, due)
	}
	delete(b.due, request)
	return wait
}

// delay returns the delay after that many failures before the last.
func (b *backoff) delay(before int) time.Duration {
	bound := b.first
	for range before {
		if bound *= 2; bound >= b.longest {
			bound = b.longest
			break
		}
	}
	return bound - time.Duration(b.random()*float64(bound)/2)
}

// setDue says that the next delay of request is no longer than due, where that is not 0.
func (b *backoff) setDue(request reconcile.Request, due time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if due > 0 {
		b.due[request] = due
	}
}

// succeeded ends the backoff of request. If it was refused before, what refused it may have ended, as a quota that was raised: so it has
// another one of its namespace tried at once, whose success will have the next one tried. A refusal ends that.
func (b *backoff) succeeded(request reconcile.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.failures, request)
	delete(b.due, request)
	b.pace.Forget(request)
	if b.given != nil {
		b.given.Forget(request)
	}
	if !b.refused[request.Namespace].Has(request) {
		return
	}
	b.setRefused(request, false)
	for next := range b.refused[request.Namespace] { // The first is any one.
		if b.queue != nil {
			b.queue.Add(next)
		}
		break
	}
}

// closeUp has another one of the refused requests of that namespace tried sooner than it was to be, where so many have left the line
// before it that there is a place, after the longest delay at the earliest. That one will do the same: so those few that are left of a
// thousand soon come as often as if they had always been few.
func (b *backoff) closeUp(request reconcile.Request) {
	looks := closeUpLooks
	for other := range b.refused[request.Namespace] { // Any ones.
		if other == request {
			continue
		}
		if in, found := b.pace.sooner(other, b.longest); found {
			if b.queue != nil {
				b.queue.AddAfter(other, in)
			}
			return
		}
		looks--
		if looks == 0 {
			return
		}
	}
}

func (b *backoff) setRefused(request reconcile.Request, refused bool) {
	of := b.refused[request.Namespace]
	switch {
	case refused && of == nil:
		b.refused[request.Namespace] = sets.New(request)
	case refused:
		of.Insert(request)
	case of.Has(request) && len(of) == 1:
		delete(b.refused, request.Namespace)
	default:
		of.Delete(request)
	}
}

// setQueue tells b the queue whose requests it delays.
func (b *backoff) setQueue(queue adds) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue = queue
}

// Refused reports whether the last reconcile of request was refused. The queue asks (internal/queue).
func (b *backoff) Refused(request reconcile.Request) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused[request.Namespace].Has(request)
}

// Forget implements workqueue.TypedRateLimiter.
func (b *backoff) Forget(reconcile.Request) {}

// NumRequeues implements workqueue.TypedRateLimiter.
func (b *backoff) NumRequeues(request reconcile.Request) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failures[request]
}
