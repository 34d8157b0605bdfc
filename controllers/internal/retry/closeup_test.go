package retry

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// A thousand are refused, and then there is room for all but five. These do not wait until the turn comes that each had among a
// thousand: five minutes later each is tried every minute, as if there had never been more, and hardly more often.
func TestTheFewThatAreLeftAreTriedSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const objects, left = 1000, 5
		var mu sync.Mutex
		room, served, tries := 0, sets.Set[reconcile.Request]{}, map[reconcile.Request]int{}
		options := Options(1)
		options.SkipNameValidation = new(true)
		options.Reconciler = Reconciler(reconcile.Func(func(_ context.Context, request reconcile.Request) (reconcile.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case served.Has(request):
				return reconcile.Result{}, nil
			case room > 0:
				room--
				served.Insert(request)
				return reconcile.Result{}, nil
			}
			tries[request]++
			return reconcile.Result{}, errRefused
		}), &options)
		stop := startController(t, options, objects)
		pass := func(long time.Duration, more int) {
			time.Sleep(long) //nolint:forbidigo // The time of the bubble.
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			room, tries = room+more, map[reconcile.Request]int{}
		}
		pass(5*time.Second, objects-left)
		pass(5*time.Minute, 0)
		time.Sleep(5 * time.Minute) //nolint:forbidigo // The time of the bubble.
		mu.Lock()
		for request, n := range tries {
			if n < 4 || n > 20 {
				t.Errorf("%s was tried %d times in five minutes", request.Name, n)
			}
		}
		if len(tries) != left {
			t.Errorf("%d were tried in five minutes, want %d", len(tries), left)
		}
		mu.Unlock()
		stop()
	})
}
