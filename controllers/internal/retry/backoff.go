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

// WithDeadline returns r, and changes options, so that a pass that fails is followed by another when its RequeueAfter is over, if
// that is sooner than the backoff of options: an object may have an end that does not wait until something else goes well. A
// controller by itself drops the RequeueAfter of a pass that fails.
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

// limiter is the backoff, but for what is due sooner.
type limiter struct {
	workqueue.TypedRateLimiter[reconcile.Request]

	// due has the time.Duration of each reconcile.Request whose pass has failed and that the queue has not asked for yet.
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
