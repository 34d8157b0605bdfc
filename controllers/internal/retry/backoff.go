package retry

import (
	"cmp"
	"context"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// WithDeadline returns r, and changes options, so that a failed reconcile is retried no later than its RequeueAfter. The
// backoff of options applies if it is shorter. A controller by itself drops the RequeueAfter of a failed reconcile. But an
// object may have a deadline that does not wait until something else succeeds.
func WithDeadline(r reconcile.Reconciler, options *controller.Options) reconcile.Reconciler {
	l := &limiter{TypedRateLimiter: cmp.Or(options.RateLimiter, workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())}
	options.RateLimiter = l
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		result, err := r.Reconcile(ctx, request)
		if err != nil && result.RequeueAfter > 0 {
			l.due.Store(request, result.RequeueAfter)
			result.RequeueAfter = 0
		}
		return result, err
	})
}

// limiter is the backoff, except for a request that is due earlier.
type limiter struct {
	workqueue.TypedRateLimiter[reconcile.Request]

	// due holds the time.Duration of each reconcile.Request whose reconcile failed, until the queue asks for it.
	due sync.Map
}

// When implements workqueue.TypedRateLimiter.
func (l *limiter) When(request reconcile.Request) time.Duration {
	wait := l.TypedRateLimiter.When(request)
	if due, ok := l.due.LoadAndDelete(request); ok {
		return min(wait, due.(time.Duration))
	}
	return wait
}
