package retry

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// Stale is the result of a reconcile that decided on a stale view and reports nothing. The object has to be looked at after due in any
// case, if that is not 0.
func Stale(due time.Duration) reconcile.Result {
	return reconcile.Result{Requeue: true, RequeueAfter: due} //nolint:staticcheck // "with backoff", which RequeueAfter cannot say
}

// Reconciler returns r with its retries as the package says, and gives options the backoff. A reconcile returns what went wrong,
// and in RequeueAfter when the object has to be looked at in any case. A refusal or a stale view is no error of the manager: it
// is tried again, and neither logged nor counted as one.
func Reconciler(r reconcile.Reconciler, options *controller.Options) reconcile.Reconciler {
	b, ok := options.RateLimiter.(*backoff)
	if !ok {
		b = defaultBackoff()
		b.given = options.RateLimiter
		options.RateLimiter = b
	}
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		result, err := r.Reconcile(withFailures(ctx, b.NumRequeues(request)), request)
		if errors.Is(err, yield.ErrParked) {
			return reconcile.Result{}, nil
		}
		stale := err == nil && result.Requeue //nolint:staticcheck // see Stale
		if err == nil && !stale {
			b.succeeded(request)
			return result, nil
		}
		b.setDue(request, result.RequeueAfter)
		refused := !stale && every(err, rules.IsRefusal)
		if !stale && !refused && !every(err, IsStale) {
			return reconcile.Result{}, err // The controller asks for the backoff.
		}
		wait := b.next(request, refused)
		log.FromContext(ctx).V(1).Info("Reconciling again", "after", wait, "reason", err)
		return reconcile.Result{RequeueAfter: wait}, nil
	})
}

// every reports whether is holds for err, or for each of the errors that it joins.
func every(err error, is func(error) bool) bool {
	for e := err; e != nil; e = errors.Unwrap(e) {
		joined, ok := e.(interface{ Unwrap() []error })
		if !ok {
			continue
		}
		for _, e := range joined.Unwrap() {
			if !every(e, is) {
				return false
			}
		}
		return true
	}
	return err != nil && is(err)
}
