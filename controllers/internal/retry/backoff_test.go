package retry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

var (
	request    = reconcile.Request{NamespacedName: client.ObjectKey{Namespace: "default", Name: "a"}}
	other      = reconcile.Request{NamespacedName: client.ObjectKey{Namespace: "default", Name: "b"}}
	errLost    = errors.New("connection lost")
	errRefused = apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a", errors.New("over quota"))
	errStale   = apierrors.NewConflict(schema.GroupResource{Resource: "pods"}, "a", errors.New("changed"))
)

// longest is a random number that makes each delay as long as its bound.
func longest() float64 { return 0 }

// answer is how a reconcile ends.
type answer struct {
	result reconcile.Result
	err    error
}

// answering is a reconciler that gives these answers, one after the other.
func answering(answers ...answer) reconcile.Func {
	return func(context.Context, reconcile.Request) (reconcile.Result, error) {
		next := answers[0]
		answers = answers[1:]
		return next.result, next.err
	}
}

// The bound of the delay doubles up to the longest, success ends it, and objects do not share it.
func TestBackoff(t *testing.T) {
	b := newBackoff(time.Second, 5*time.Second, longest)
	for i, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second} {
		if got := b.When(request); got != want {
			t.Errorf("delay %d is %s, want %s", i, got, want)
		}
		b.Forget(request) // As after a refusal.
	}
	if got := b.When(other); got != time.Second {
		t.Errorf("that of another object is %s", got)
	}
	for range 10_000 {
		b.When(request)
	}
	b.succeeded(request)
	if got := b.When(request); got != time.Second || b.NumRequeues(request) != 1 {
		t.Errorf("after success it is %s, of %d failures", got, b.NumRequeues(request))
	}
}

// The queue learns whose last reconcile was refused.
func TestRefused(t *testing.T) {
	b := newBackoff(time.Second, time.Minute, longest)
	options := controller.Options{RateLimiter: b}
	r := Reconciler(answering(answer{err: errRefused}, answer{result: Stale(0)}, answer{err: errRefused}, answer{}), &options)
	for i, want := range []bool{true, false, true, false} {
		if _, err := r.Reconcile(t.Context(), request); err != nil {
			t.Fatal(err)
		}
		if got := b.Refused(request); got != want {
			t.Errorf("after reconcile %d: %t, want %t", i, got, want)
		}
	}
}

// What goes well after it was refused has one more of its namespace tried at once, and a refusal none.
func TestASuccessWakesTheNext(t *testing.T) {
	b := newBackoff(time.Second, time.Minute, longest)
	var woken []reconcile.Request
	b.setQueue(adding(func(request reconcile.Request) { woken = append(woken, request) }))
	expect := func(when string, want ...reconcile.Request) {
		t.Helper()
		if diff := cmp.Diff(want, woken, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		woken = nil
	}
	elsewhere := refused("elsewhere", 0)
	for _, r := range []reconcile.Request{request, other, elsewhere} {
		b.next(r, true)
	}
	expect("after refusals")
	b.succeeded(refused("default", 1))
	expect("after a success of what was never refused")
	b.succeeded(request)
	expect("after a success", other)
	b.next(other, true)
	expect("after its refusal")
	b.succeeded(elsewhere)
	expect("after a success with no other in its namespace")
	b.succeeded(other)
	b.succeeded(other)
	expect("after the last success")
	if len(b.refused) > 0 {
		t.Errorf("%v are remembered as refused", b.refused)
	}
}

// adding is a queue.
type adding func(reconcile.Request)

func (a adding) Add(request reconcile.Request) { a(request) }

func (adding) AddAfter(reconcile.Request, time.Duration) {}

// startController starts a controller whose queue gets that many requests of one namespace, and returns what ends it.
func startController(t *testing.T, options controller.Options, objects int) (stop func()) {
	t.Helper()
	c, err := controller.NewUnmanaged("test", options)
	if err != nil {
		t.Fatal(err)
	}
	all := source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		for i := range objects {
			queue.Add(refused("default", i))
		}
		return nil
	})
	if err := c.Watch(all); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Start(ctx) })
	return func() {
		cancel()
		running.Wait()
	}
}

// A namespace with a thousand refused objects has 70 of them tried in the first minute, and 60 in each further one, until one goes well:
// then all are tried, one after the other.
func TestRefusalsOfOneNamespace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const objects = 1000
		var mu sync.Mutex
		tries, allowed := 0, false
		options := Options(4)
		options.SkipNameValidation = new(true)
		options.Reconciler = Reconciler(reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			tries++
			if allowed {
				return reconcile.Result{}, nil
			}
			return reconcile.Result{}, errRefused
		}), &options)
		stop := startController(t, options, objects)
		synctest.Wait()
		after := func(long time.Duration, least, most int) {
			t.Helper()
			mu.Lock()
			tries = 0
			mu.Unlock()
			time.Sleep(long) //nolint:forbidigo // The time of the bubble.
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if tries < least || tries > most {
				t.Errorf("%d tries in %s, want %d to %d", tries, long, least, most)
			}
		}
		after(time.Minute, 60, 70)
		after(time.Minute, 58, 61)
		mu.Lock()
		allowed = true
		mu.Unlock()
		after(2*time.Second, objects, objects+5)
		stop()
	})
}

// A delay is from a half of its bound up.
func TestJitter(t *testing.T) {
	for random, want := range map[float64]time.Duration{0: 8 * time.Second, 0.5: 6 * time.Second, 1: 4 * time.Second} {
		b := newBackoff(8*time.Second, time.Minute, func() float64 { return random })
		if got := b.When(request); got != want {
			t.Errorf("%v: %s, want %s", random, got, want)
		}
	}
}

// How a reconcile ends decides whether it is tried again, when, and whether that is an error of the manager.
func TestOutcomes(t *testing.T) {
	const first = 10 * time.Second
	for name, tc := range map[string]struct {
		answer
		want answer
	}{
		"it goes well":                       {answer{}, answer{}},
		"it goes well, with a deadline":      {answer{result: reconcile.Result{RequeueAfter: time.Hour}}, answer{result: reconcile.Result{RequeueAfter: time.Hour}}},
		"its view was stale":                 {answer{result: Stale(0)}, answer{result: reconcile.Result{RequeueAfter: first}}},
		"its view was stale, and due sooner": {answer{result: Stale(time.Second)}, answer{result: reconcile.Result{RequeueAfter: time.Second}}},
		"it says so by an error":             {answer{err: fmt.Errorf("reading: %w", errStale)}, answer{result: reconcile.Result{RequeueAfter: first}}},
		"it is refused":                      {answer{err: errRefused}, answer{result: reconcile.Result{RequeueAfter: first}}},
		"two writes are refused":             {answer{err: errors.Join(fmt.Errorf("creating: %w", errRefused), errors.Join(errRefused))}, answer{result: reconcile.Result{RequeueAfter: first}}},
		"it is refused, and due sooner":      {answer{reconcile.Result{RequeueAfter: time.Second}, errRefused}, answer{result: reconcile.Result{RequeueAfter: time.Second}}},
		"it is refused, and due later":       {answer{reconcile.Result{RequeueAfter: time.Hour}, errRefused}, answer{result: reconcile.Result{RequeueAfter: first}}},
		"it fails":                           {answer{err: errLost}, answer{err: errLost}},
		"it fails, and is due some time":     {answer{reconcile.Result{RequeueAfter: time.Hour}, errLost}, answer{err: errLost}},
		"it is refused, and fails besides":   {answer{err: errors.Join(errRefused, errLost)}, answer{err: errLost}},
	} {
		t.Run(name, func(t *testing.T) {
			options := controller.Options{RateLimiter: newBackoff(first, time.Minute, longest)}
			result, err := Reconciler(answering(tc.answer), &options).Reconcile(t.Context(), request)
			if result != tc.want.result || !errors.Is(err, tc.want.err) || (err == nil) != (tc.want.err == nil) {
				t.Errorf("got %+v, %v; want %+v", result, err, tc.want)
			}
		})
	}
}

// Refusals, stale views and errors of one object share its backoff, which success ends; a deadline shortens one delay only.
func TestOneBackoff(t *testing.T) {
	options := controller.Options{RateLimiter: newBackoff(time.Second, time.Minute, longest)}
	r := Reconciler(answering(
		answer{err: errRefused}, answer{result: Stale(0)}, answer{reconcile.Result{RequeueAfter: 3 * time.Second}, errLost}, answer{err: errRefused},
		answer{}, answer{result: Stale(0)},
	), &options)
	for i, want := range []time.Duration{time.Second, 2 * time.Second, 3 * time.Second, 8 * time.Second, 0, time.Second} {
		result, err := r.Reconcile(t.Context(), request)
		got := result.RequeueAfter
		if err != nil { // As the controller does.
			got = options.RateLimiter.When(request)
		} else {
			options.RateLimiter.Forget(request)
		}
		if got != want {
			t.Errorf("reconcile %d: again after %s, want %s", i, got, want)
		}
	}
}

// A controller whose backoff is an hour comes back to what is due before, after a refusal as after an error.
func TestAControllerComesBack(t *testing.T) {
	for name, problem := range map[string]error{"refused": errRefused, "failed": errLost} {
		t.Run(name, func(t *testing.T) {
			options, passes := Options(1), make(chan struct{})
			options.RateLimiter = newBackoff(time.Hour, time.Hour, longest)
			options.SkipNameValidation = new(true)
			options.Reconciler = Reconciler(reconcile.Func(func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
				select {
				case passes <- struct{}{}:
				case <-ctx.Done():
				}
				return reconcile.Result{RequeueAfter: time.Millisecond}, problem
			}), &options)
			c, err := controller.NewUnmanaged("test", options)
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
		})
	}
}
