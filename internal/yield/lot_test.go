package yield

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const bound = time.Second

// yard is a Lot with its clock, its traffic, and the queue that it adds to.
type yard struct {
	*Lot

	clock   *testclock.FakeClock
	traffic *Traffic
}

func newYard() *yard {
	clock := testclock.NewFakeClock(start)
	traffic := NewTraffic(clock)
	lot := NewLot(traffic)
	lot.queue = workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	traffic.tell(lot, true)
	return &yard{lot, clock, traffic}
}

// queued returns the names of what is in the queue, and takes it out.
func (y *yard) queued() []string {
	var names []string
	for y.queue.Len() > 0 {
		item, _ := y.queue.Get()
		y.queue.Done(item)
		names = append(names, item.Name)
	}
	return names
}

func request(name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Name: name}}
}

// park lets the requests come while a claim is on its way.
func (y *yard) park(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if y.Admit(request(name), bound) {
			t.Errorf("%s was admitted", name)
		}
	}
}

func (y *yard) expect(t *testing.T, when string, next time.Duration, want ...string) {
	t.Helper()
	if got := y.release(); got != next {
		t.Errorf("%s: the next is after %s, want %s", when, got, next)
	}
	if diff := cmp.Diff(want, y.queued()); diff != "" {
		t.Errorf("%s: queued (-want +got):\n%s", when, diff)
	}
}

// admit lets a request through that has to be admitted.
func (y *yard) admit(t *testing.T, name string) {
	t.Helper()
	if !y.Admit(request(name), bound) {
		t.Errorf("%s was not admitted", name)
	}
}

func TestNothingWaitsWithoutClaims(t *testing.T) {
	y := newYard()
	y.admit(t, "a")
	y.Done(request("a"))
	y.traffic.Begin(sandbox("c"))
	if !y.Admit(request("b"), 0) {
		t.Error("what never yields was not admitted")
	}
	y.Done(request("b"))
	if len(y.due) > 0 || y.parked.Len() > 0 || len(y.lane) > 0 {
		t.Error("something is left")
	}
}

func TestAllGoesOnWhenTheLastClaimIsReady(t *testing.T) {
	y := newYard()
	y.traffic.Begin(sandbox("c"))
	y.park(t, "a", "b", "a")
	y.expect(t, "at first", bound)
	y.traffic.End(sandbox("c"))
	select {
	case <-y.news:
	default:
		t.Error("nobody tells of it")
	}
	y.expect(t, "when it is quiet", forever, "a", "b")
	y.admit(t, "a")
	y.Done(request("a"))
}

// What has waited for its bound goes on a few at a time, in the order in which it came.
func TestTheLane(t *testing.T) {
	y := newYard()
	y.traffic.Begin(sandbox("c"))
	var all []string
	for i := range 3 * Lane {
		all = append(all, fmt.Sprint(i))
		y.park(t, all[i])
		y.clock.Step(time.Millisecond)
	}
	y.clock.Step(bound)
	y.traffic.Begin(sandbox("d"))
	y.expect(t, "after the bound", laneHold, all[:Lane]...)
	y.expect(t, "while the lane is full", laneHold)
	for _, name := range all[:Lane] {
		y.admit(t, name)
	}
	y.park(t, all[Lane])
	y.Done(request(all[0]))
	y.expect(t, "with one place", laneHold, all[Lane])
	y.Done(request(all[Lane])) // It is gone: there is nothing to admit.
	y.expect(t, "with one place again", laneHold, all[Lane+1])
	y.traffic.End(sandbox("c"))
	y.traffic.End(sandbox("d"))
	y.expect(t, "when it is quiet", forever, all[Lane+2:]...)
}

// What takes long keeps its place for laneHold only. And nothing waits for ever, though nobody says that claims do not count any more.
func TestNobodyKeepsTheLane(t *testing.T) {
	y := newYard()
	y.traffic.Begin(sandbox("c"))
	for _, name := range []string{"slow", "slower", "a", "b", "c"} {
		y.park(t, name)
		y.clock.Step(time.Millisecond)
	}
	y.clock.Step(bound)
	y.expect(t, "after the bound", laneHold, "slow", "slower")
	y.admit(t, "slow")
	y.admit(t, "slower")
	y.clock.Step(laneHold)
	y.expect(t, "when the slow ones have had their time", laneHold, "a", "b")
	y.clock.Step(onItsWay - bound - laneHold) // The claim counts no more.
	y.expect(t, "when no claim counts", forever, "c")
}

// A namespace with many requests does not keep another waiting for all of them.
func TestNamespacesTakeTurnsInTheLane(t *testing.T) {
	y := newYard()
	y.traffic.Begin(sandbox("c"))
	for i := range 2 * Lane {
		for _, of := range []string{"busy", "busy", "busy", "neighbour"} {
			request := reconcile.Request{NamespacedName: types.NamespacedName{Namespace: of, Name: fmt.Sprint(of, y.parked.Len())}}
			if of == "neighbour" && i > 0 {
				continue
			}
			y.Admit(request, bound)
		}
	}
	y.clock.Step(bound)
	y.traffic.Begin(sandbox("d"))
	y.expect(t, "after the bound", laneHold, "busy0", "neighbour3")
	y.traffic.End(sandbox("c"))
	y.traffic.End(sandbox("d"))
	y.release()
	if got, want := len(y.queued()), 3*2*Lane-1; got != want {
		t.Errorf("when it is quiet, %d are queued, want %d", got, want)
	}
}

// A new claim in the moment between release and admission does not make the wait any longer.
func TestTheBoundCountsFromTheStart(t *testing.T) {
	y := newYard()
	y.traffic.Begin(sandbox("c"))
	y.park(t, "a")
	y.clock.Step(bound / 2)
	y.traffic.End(sandbox("c"))
	y.expect(t, "when it is quiet", forever, "a")
	y.traffic.Begin(sandbox("d"))
	y.park(t, "a")
	y.expect(t, "with another claim", bound/2)
	y.clock.Step(bound / 2)
	y.expect(t, "after the bound", forever, "a")
	y.admit(t, "a")
	y.Done(request("a"))
	y.park(t, "a")
	y.expect(t, "anew", bound)
}

func TestRunAddsToTheQueue(t *testing.T) {
	y := newYard()
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := y.Run(ctx, q); err != nil {
		t.Fatal(err)
	}
	y.traffic.Begin(sandbox("c"))
	y.park(t, "a")
	y.traffic.End(sandbox("c"))
	if item, _ := q.Get(); item != request("a") {
		t.Errorf("queued %v", item)
	}
	cancel()
	for told := true; told; { // Nobody holds on to a Lot that has ended.
		y.traffic.mu.Lock()
		told = y.traffic.quiet[y.Lot]
		y.traffic.mu.Unlock()
		runtime.Gosched()
	}
}

// recorder records what it reconciles.
type recorder struct{ seen []string }

func (r *recorder) Reconcile(_ context.Context, obj *corev1.ConfigMap) (reconcile.Result, error) {
	r.seen = append(r.seen, obj.Name)
	return reconcile.Result{}, nil
}

func TestReconciler(t *testing.T) {
	y, inner := newYard(), &recorder{}
	first, second := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "first"}}, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "second"}}
	c := fake.NewClientBuilder().WithObjects(first, second).Build()
	r := Reconciler(y.Lot, c, inner, func(obj *corev1.ConfigMap) time.Duration {
		if obj.Name == "first" {
			return 0
		}
		return bound
	})
	reconcileAll := func(objects ...client.Object) {
		for _, obj := range objects {
			if _, err := r.Reconcile(t.Context(), request(obj.GetName())); err != nil && !errors.Is(err, ErrParked) {
				t.Fatal(err)
			}
		}
	}
	y.traffic.Begin(sandbox("c"))
	reconcileAll(second, first)
	if !slices.Equal(inner.seen, []string{"first"}) {
		t.Errorf("with a claim on its way it reconciled %v", inner.seen)
	}
	y.traffic.End(sandbox("c"))
	y.expect(t, "when it is quiet", forever, "second")
	reconcileAll(second)
	if !slices.Equal(inner.seen, []string{"first", "second"}) {
		t.Errorf("then it reconciled %v", inner.seen)
	}
	if err := c.Delete(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	y.due[request("second")] = start
	reconcileAll(second)
	if len(y.due) > 0 {
		t.Error("it remembers an object that is gone")
	}
}

func TestRequests(t *testing.T) {
	y, seen := newYard(), 0
	r := Requests(y.Lot, reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
		seen++
		return reconcile.Result{}, nil
	}), bound)
	reconcileOnce := func(when string, want int, wanted error) {
		if _, err := r.Reconcile(t.Context(), request("a")); !errors.Is(err, wanted) || seen != want {
			t.Errorf("%s: reconciled %d times, want %d (%v)", when, seen, want, err)
		}
	}
	y.traffic.Begin(sandbox("c"))
	reconcileOnce("with a claim on its way", 0, ErrParked)
	y.traffic.End(sandbox("c"))
	y.expect(t, "when it is quiet", forever, "a")
	reconcileOnce("when it is quiet", 1, nil)
	if len(y.due) > 0 {
		t.Error("it remembers a request that is done")
	}
}

func TestNoLot(t *testing.T) {
	lot := NewLot(nil)
	if lot != nil || !lot.Admit(request("a"), bound) || lot.Run(t.Context(), nil) != nil {
		t.Error("without traffic something waits")
	}
	lot.Done(request("a"))
}
