package yield

import (
	"context"
	"errors"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// ErrParked is the error of a reconcile that has done nothing: its request waits in the Lot, which adds it to the queue again.
// Whoever retries (controllers/internal/retry) counts it neither as a failure nor as a success.
var ErrParked = errors.New("it waits for claims that are on their way")

// Reconciler returns a reconciler that reads each object with c and passes it to r once lot admits it. bound returns for how long
// the work for an object waits at the most. Where lot is nil nothing waits.
func Reconciler[T client.Object](
	lot *Lot, c client.Client, r reconcile.ObjectReconciler[T], bound func(T) time.Duration,
) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		a := &admitted[T]{lot: lot, inner: r, bound: bound}
		defer func() {
			if !a.parked {
				lot.Done(request)
			}
		}()
		return reconcile.AsReconciler(c, a).Reconcile(ctx, request)
	})
}

// admitted is one reconcile.
type admitted[T client.Object] struct {
	lot   *Lot
	inner reconcile.ObjectReconciler[T]
	bound func(T) time.Duration
	// parked says that it has to wait, and the lot has it.
	parked bool
}

// Reconcile implements reconcile.ObjectReconciler.
func (a *admitted[T]) Reconcile(ctx context.Context, obj T) (reconcile.Result, error) {
	if !a.lot.Admit(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(obj)}, a.bound(obj)) {
		a.parked = true
		return reconcile.Result{}, ErrParked
	}
	return a.inner.Reconcile(ctx, obj)
}

// Requests is like Reconciler, for an r that reads its objects itself, and may have work where there is none. Each request waits for
// bound at the most.
func Requests(lot *Lot, r reconcile.Reconciler, bound time.Duration) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		if !lot.Admit(request, bound) {
			return reconcile.Result{}, ErrParked
		}
		defer lot.Done(request)
		return r.Reconcile(ctx, request)
	})
}
