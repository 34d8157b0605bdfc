package yield

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Reconciler returns a reconciler that reads each object with c and passes it to r once lot admits it. bound returns for how long
// the work for an object waits at the most. Where lot is nil nothing waits.
func Reconciler[T client.Object](
	lot *Lot, c client.Client, r reconcile.ObjectReconciler[T], bound func(T) time.Duration,
) reconcile.Reconciler {
	inner := reconcile.AsReconciler(c, &admitted[T]{lot, r, bound})
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		defer lot.Done(request)
		return inner.Reconcile(ctx, request)
	})
}

type admitted[T client.Object] struct {
	lot   *Lot
	inner reconcile.ObjectReconciler[T]
	bound func(T) time.Duration
}

// Reconcile implements reconcile.ObjectReconciler.
func (a *admitted[T]) Reconcile(ctx context.Context, obj T) (reconcile.Result, error) {
	if !a.lot.Admit(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(obj)}, a.bound(obj)) {
		return reconcile.Result{}, nil
	}
	return a.inner.Reconcile(ctx, obj)
}

// Requests is like Reconciler, for an r that reads its objects itself, and may have work where there is none. Each request waits for
// bound at the most.
func Requests(lot *Lot, r reconcile.Reconciler, bound time.Duration) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		defer lot.Done(request)
		if !lot.Admit(request, bound) {
			return reconcile.Result{}, nil
		}
		return r.Reconcile(ctx, request)
	})
}
