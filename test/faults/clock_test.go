package faults

import (
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/namesake-sandbox/namesake/controllers"
)

// haste is how many times faster than ours the manager's time goes. What it does after seconds is part of what is tested, and a
// run does not wait for it that long. The times of the API server are ours: they seem to be longer ago than they are.
const haste = 10

// fastClock is a clock whose time goes haste times as fast since it began.
type fastClock struct {
	clock.RealClock

	began time.Time
}

func newFastClock() fastClock { return fastClock{began: clock.RealClock{}.Now()} }

// Now implements clock.PassiveClock.
func (c fastClock) Now() time.Time { return c.began.Add(haste * c.RealClock.Since(c.began)) }

// Since implements clock.PassiveClock.
func (c fastClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// AfterFunc implements clock.WithDelayedExecution.
func (c fastClock) AfterFunc(d time.Duration, f func()) clock.Timer {
	return fastTimer{c.RealClock.AfterFunc(d/haste, f)}
}

// NewTimer implements clock.Clock.
func (c fastClock) NewTimer(d time.Duration) clock.Timer {
	return fastTimer{c.RealClock.NewTimer(d / haste)}
}

type fastTimer struct{ clock.Timer }

// Reset implements clock.Timer.
func (t fastTimer) Reset(d time.Duration) bool { return t.Timer.Reset(d / haste) }

// fastQueue is the queue of a controller, whose delays are over haste times as fast.
type fastQueue struct {
	priorityqueue.PriorityQueue[reconcile.Request]

	backoff workqueue.TypedRateLimiter[reconcile.Request]
}

// AddAfter implements workqueue.TypedDelayingInterface.
func (q fastQueue) AddAfter(item reconcile.Request, d time.Duration) {
	q.PriorityQueue.AddAfter(item, d/haste)
}

// AddRateLimited implements workqueue.TypedRateLimitingInterface.
func (q fastQueue) AddRateLimited(item reconcile.Request) { q.AddAfter(item, q.backoff.When(item)) }

// AddWithOpts implements priorityqueue.PriorityQueue.
func (q fastQueue) AddWithOpts(o priorityqueue.AddOpts, items ...reconcile.Request) {
	o.After /= haste
	if !o.RateLimited {
		q.PriorityQueue.AddWithOpts(o, items...)
		return
	}
	for _, item := range items {
		q.AddRateLimited(item)
	}
}

// workers are the options of a controller as the program gives them, with a fast queue.
func workers(n int) controller.Options {
	options := controllers.Workers(n)
	usual := options.NewQueue
	options.NewQueue = func(
		name string, backoff workqueue.TypedRateLimiter[reconcile.Request],
	) workqueue.TypedRateLimitingInterface[reconcile.Request] {
		made, ok := usual(name, backoff).(priorityqueue.PriorityQueue[reconcile.Request])
		if !ok {
			panic("the product's queue has no priorities any more: what comes of AddWithOpts is not known here")
		}
		return fastQueue{made, backoff}
	}
	return options
}
