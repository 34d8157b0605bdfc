package retry

import (
	"context"
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// behind is a client whose reads wait until their context ends.
type behind struct{ client.Client }

func (behind) Get(ctx context.Context, _ client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	<-ctx.Done()
	return fmt.Errorf("waiting: %w", ctx.Err())
}

// gone is a client that answers at once.
type gone struct{ client.Client }

func (gone) Get(_ context.Context, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	return apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, key.Name)
}

// live is a client that counts its reads, all of which find the object.
type live struct {
	client.Client

	reads int
}

func (l *live) Get(context.Context, client.ObjectKey, client.Object, ...client.GetOption) error {
	l.reads++
	return nil
}

// A read that waits for the cache gives up as stale; other answers, and the end of the caller, come through as they are.
func TestBoundedReads(t *testing.T) {
	l := &live{}
	if err := WithBoundedReads(behind{}, l).Get(t.Context(), request.NamespacedName, &corev1.Pod{}); !IsStale(err) {
		t.Errorf("a cache that is behind: %v", err)
	}
	often := withFailures(t.Context(), cacheTries)
	if err := WithBoundedReads(gone{}, l).Get(often, request.NamespacedName, &corev1.Pod{}); !apierrors.IsNotFound(err) {
		t.Errorf("an object that is gone: %v", err)
	}
	ended, cancel := context.WithCancel(often)
	cancel()
	if err := WithBoundedReads(behind{}, l).Get(ended, request.NamespacedName, &corev1.Pod{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that has gone: %v", err)
	}
	if l.reads != 0 {
		t.Errorf("%d live reads, want none", l.reads)
	}
}

// A cache that never sees what was written keeps no object waiting: after some tries, with a backoff, its reconcile reads live. What
// it reads of others still comes from the cache.
func TestACacheThatNeverCatchesUp(t *testing.T) {
	l, options := &live{}, &controller.Options{RateLimiter: newBackoff(minBackoff, maxBackoff, longest)}
	c := WithBoundedReads(behind{}, l)
	r := Reconciler(reconcile.Func(func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		return reconcile.Result{}, c.Get(ctx, request.NamespacedName, &corev1.Pod{}) //nolint:wrapcheck // Its kind is what counts.
	}), options)
	bound := minBackoff
	for i := range cacheTries {
		result, err := r.Reconcile(t.Context(), request)
		if err != nil || result.RequeueAfter != bound || l.reads != 0 {
			t.Fatalf("try %d: %+v, %v, %d live reads; want another try after %s", i, result, err, l.reads, bound)
		}
		bound *= 2
	}
	if result, err := r.Reconcile(t.Context(), other); err != nil || result.RequeueAfter != minBackoff || l.reads != 0 {
		t.Errorf("another object: %+v, %v, %d live reads, want none", result, err, l.reads)
	}
	if result, err := r.Reconcile(t.Context(), request); err != nil || result.RequeueAfter != 0 || l.reads != 1 {
		t.Errorf("the last try: %+v, %v, %d live reads, want one", result, err, l.reads)
	}
	if result, err := r.Reconcile(t.Context(), request); err != nil || result.RequeueAfter != minBackoff || l.reads != 1 {
		t.Errorf("the next reconcile: %+v, %v, %d live reads, want the cache again", result, err, l.reads)
	}
}
