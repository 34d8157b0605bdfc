package retry

import (
	"math/rand/v2"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/namesake-sandbox/namesake/internal/queue"
)

const (
	// minBackoff bounds the first delay after a failure; the bound of each further one is twice as long. A cache shows a write
	// after some milliseconds.
	minBackoff = 20 * time.Millisecond
	// maxBackoff bounds the delay after a failure.
	maxBackoff = time.Minute
	// reconcileTimeout bounds one reconcile, which may wait for the API server.
	reconcileTimeout = 2 * time.Minute
)

// Options returns the options of a controller with that many workers: its timeout, its backoff, and its queue, which is fair by
// namespace.
func Options(workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		ReconciliationTimeout:   reconcileTimeout,
		RateLimiter:             defaultBackoff(),
		NewQueue:                newQueue(queue.New(workers)),
	}
}

// newQueue returns what makes queues as made does, and tells the backoff of each.
func newQueue(made makesQueues) makesQueues {
	return func(name string, limiter workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request] {
		q := made(name, limiter)
		if b, ok := limiter.(*backoff); ok {
			b.setQueue(q)
		}
		return q
	}
}

type makesQueues = func(string, workqueue.TypedRateLimiter[reconcile.Request]) workqueue.TypedRateLimitingInterface[reconcile.Request]

func defaultBackoff() *backoff {
	return newBackoff(minBackoff, maxBackoff, rand.Float64)
}

// Delay returns how long to wait after a failure that came after so many others in a row: for what one reconcile does besides
// others, and is held back alone.
func Delay(before int) time.Duration { return defaultBackoff().delay(before) }

// Earliest returns the shorter of two delays of a reconcile's next. A delay of 0 means never.
func Earliest(a, b time.Duration) time.Duration {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}
