package queue

import (
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// New returns what makes the queue of a controller with that many workers, for controller.Options.NewQueue. If the controller's
// rate limiter has a method Refused, that says of which items the last work was refused.
func New(workers int) func(
	name string, backoff workqueue.TypedRateLimiter[reconcile.Request],
) workqueue.TypedRateLimitingInterface[reconcile.Request] {
	return func(name string, backoff workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request] {
		return newController(name, workers, backoff, clock.RealClock{})
	}
}

func newController(
	name string, workers int, backoff workqueue.TypedRateLimiter[reconcile.Request], now clock.WithTicker,
) priorityqueue.PriorityQueue[reconcile.Request] {
	fair := NewQueue(name, workers, now)
	if knowing, ok := backoff.(interface {
		Refused(item reconcile.Request) bool
	}); ok {
		fair.refused = knowing.Refused
	}
	delaying := workqueue.NewTypedDelayingQueueWithConfig(
		workqueue.TypedDelayingQueueConfig[reconcile.Request]{Name: name, Clock: now, Queue: fair})
	return &controllerQueue{
		TypedRateLimitingInterface: workqueue.NewTypedRateLimitingQueueWithConfig(
			backoff, workqueue.TypedRateLimitingQueueConfig[reconcile.Request]{Name: name, Clock: now, DelayingQueue: delaying}),
		fair: fair,
	}
}

// controllerQueue is a Queue with delays and backoff. controller-runtime adds with low priority, by AddWithOpts, what an informer
// lists at its start, and what a resync brings again.
type controllerQueue struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]

	fair *Queue
}

// AddWithOpts implements priorityqueue.PriorityQueue. What comes later, by its delay, is of high priority then.
func (q *controllerQueue) AddWithOpts(o priorityqueue.AddOpts, items ...reconcile.Request) {
	for _, item := range items {
		switch {
		case o.RateLimited:
			q.AddRateLimited(item)
		case o.After > 0:
			q.AddAfter(item, o.After)
		case o.Priority != nil && *o.Priority < 0:
			q.fair.AddLow(item)
		default:
			q.Add(item)
		}
	}
}

// GetWithPriority implements priorityqueue.PriorityQueue. What is added again after it was handed out is of high priority.
func (q *controllerQueue) GetWithPriority() (item reconcile.Request, priority int, shutdown bool) {
	item, shutdown = q.Get()
	return item, 0, shutdown
}
