package retry

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

var (
	request    = reconcile.Request{NamespacedName: client.ObjectKey{Namespace: "default", Name: "a"}}
	errRefused = errors.New("refused")
)

// answering is a reconciler that returns the given results, one after the other.
func answering(answers ...reconcile.Result) reconcile.Func {
	return func(context.Context, reconcile.Request) (reconcile.Result, error) {
		answer := answers[0]
		answers = answers[1:]
		return answer, errRefused
	}
}

func backingOff(first, most time.Duration) *controller.Options {
	return &controller.Options{RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](first, most)}
}

// TestWhen checks that a failed reconcile is retried after a delay that doubles, or when something else is due, whichever is
// earlier.
func TestWhen(t *testing.T) {
	options := backingOff(time.Second, time.Minute)
	r := WithDeadline(answering(
		reconcile.Result{}, reconcile.Result{RequeueAfter: time.Hour}, reconcile.Result{RequeueAfter: 3 * time.Second}, reconcile.Result{},
	), options)
	for i, want := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 8 * time.Second} {
		if result, err := r.Reconcile(t.Context(), request); result.RequeueAfter != 0 || !errors.Is(err, errRefused) {
			t.Errorf("pass %d: got %v, %v; a controller warns of a time beside an error", i, result, err)
		}
		if got := options.RateLimiter.When(request); got != want {
			t.Errorf("pass %d: again after %s, want %s", i, got, want)
		}
	}
}

// TestWhatGoesWell checks that a successful reconcile keeps its result, and that the deadline of one object does not affect
// another.
func TestWhatGoesWell(t *testing.T) {
	options := backingOff(time.Minute, time.Minute)
	well := reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
		return reconcile.Result{RequeueAfter: time.Second}, nil
	})
	if result, err := WithDeadline(well, options).Reconcile(t.Context(), request); result.RequeueAfter != time.Second || err != nil {
		t.Errorf("got %v, %v", result, err)
	}
	_, _ = WithDeadline(answering(reconcile.Result{RequeueAfter: time.Second}), options).Reconcile(t.Context(), request)
	other := reconcile.Request{NamespacedName: client.ObjectKey{Namespace: "default", Name: "b"}}
	if got := options.RateLimiter.When(other); got != time.Minute {
		t.Errorf("the other is tried again after %s, want a minute", got)
	}
}

// TestAControllerComesBack checks that a controller with a backoff of an hour returns to what is due before that.
func TestAControllerComesBack(t *testing.T) {
	options, passes := backingOff(time.Hour, time.Hour), make(chan struct{})
	options.SkipNameValidation = new(true)
	options.Reconciler = WithDeadline(reconcile.Func(func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		select {
		case passes <- struct{}{}:
		case <-ctx.Done():
		}
		return reconcile.Result{RequeueAfter: time.Millisecond}, errRefused
	}), options)
	c, err := controller.NewUnmanaged("test", *options)
	if err != nil {
		t.Fatal(err)
	}
	once := source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		queue.Add(request)
		return nil
	})
	if err := c.Watch(once); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	go func() { _ = c.Start(ctx) }()
	for i := range 2 {
		select {
		case <-passes:
		case <-ctx.Done():
			t.Fatalf("there were %d passes, want 2", i)
		}
	}
}
