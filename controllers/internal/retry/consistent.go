package retry

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// cacheWait is how long a read waits for the cache to see what was written before. Mostly it has by then; where the cache is
	// behind, the worker goes on with another object.
	cacheWait = 20 * time.Millisecond
	// cacheTries is after how many failures of a reconcile in a row, about a second together, its reads no longer depend
	// on the cache. The cache may never see a write: a watch that has expired begins anew with a list, and that list lacks an object
	// that was written, and then deleted, meanwhile.
	cacheTries = 6
)

var errCacheBehind = errors.New("the cache has not seen yet what was written")

// WithBoundedReads returns c, which reads its own writes, with reads of single objects that do not wait for long: when the cache
// does not catch up, the error is that of a stale view (IsStale). For a reconcile that has failed cacheTries times in a row, the
// answer is that of live, which reads past the cache.
func WithBoundedReads(c client.Client, live client.Reader) client.Client {
	return boundedReads{Client: c, live: live}
}

type boundedReads struct {
	client.Client

	live client.Reader
}

// Get implements client.Reader.
func (b boundedReads) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	bounded, cancel := context.WithTimeout(ctx, cacheWait)
	defer cancel()
	err := b.Client.Get(bounded, key, obj, opts...)
	switch {
	case err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded):
		return err
	case failures(ctx) >= cacheTries:
		return b.live.Get(ctx, key, obj, opts...) //nolint:wrapcheck // It is this reader's answer.
	default:
		return apierrors.NewConflict(schema.GroupResource{Resource: fmt.Sprintf("%T", obj)}, key.Name, errCacheBehind)
	}
}

// failuresKey is the key of how often a reconcile has failed in a row.
type failuresKey struct{}

// withFailures returns ctx for a reconcile that has failed so many times in a row.
func withFailures(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, failuresKey{}, n)
}

func failures(ctx context.Context) int {
	n, _ := ctx.Value(failuresKey{}).(int)
	return n
}
