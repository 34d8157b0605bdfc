package retry

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/namesake-sandbox/namesake/internal/yield"
)

// What waits for claims that are on their way has not gone well: it keeps its backoff and its place, and has nothing else tried.
func TestRefusalsWhileClaimsAreOnTheirWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const objects = 200
		var mu sync.Mutex
		tries := 0
		options := Options(4)
		options.SkipNameValidation = new(true)
		traffic := yield.NewTraffic(clock.RealClock{})
		lot := yield.NewLot(traffic)
		refusing := reconcile.Func(func(context.Context, reconcile.Request) (reconcile.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			tries++
			return reconcile.Result{}, errRefused
		})
		options.Reconciler = Reconciler(yield.Requests(lot, refusing, time.Second), &options)
		c, err := controller.NewUnmanaged("yielding", options)
		if err != nil {
			t.Fatal(err)
		}
		all := source.Func(func(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
			for i := range objects {
				queue.Add(refused("default", i))
			}
			return nil
		})
		for _, s := range []source.Source{all, source.Func(lot.Run)} {
			if err := c.Watch(s); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = c.Start(ctx) })
		time.Sleep(time.Minute) //nolint:forbidigo // The time of the bubble.
		synctest.Wait()
		mu.Lock()
		tries = 0
		mu.Unlock()
		for range 20 { // For a minute, a claim is on its way.
			traffic.Pick(types.NamespacedName{Namespace: "elsewhere", Name: "warm"})
			time.Sleep(3 * time.Second) //nolint:forbidigo // As above.
		}
		synctest.Wait()
		mu.Lock()
		if tries > 70 {
			t.Errorf("%d tries in a minute, want 70 at the most", tries)
		}
		mu.Unlock()
		cancel()
		running.Wait()
	})
}
