package retry

import (
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// minBackoff is the delay after the first failure. Each further delay is twice as long.
	minBackoff = 10 * time.Millisecond
	// maxBackoff bounds the delay after a failure.
	maxBackoff = time.Minute
	// reconcileTimeout bounds one reconcile, which may wait for the API server, or for the cache to observe a write.
	reconcileTimeout = 2 * time.Minute
)

// Options returns the options of a controller with that many workers, including its timeout and its backoff.
func Options(workers int) controller.Options {
	return controller.Options{
		MaxConcurrentReconciles: workers,
		ReconciliationTimeout:   reconcileTimeout,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](minBackoff, maxBackoff),
	}
}
