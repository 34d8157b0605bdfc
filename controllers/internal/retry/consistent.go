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

// cacheWait is how long a read waits for the cache to see what was written before. Mostly it has by then; where the cache is
// behind, the worker goes on with another object.
const cacheWait = 20 * time.Millisecond

var errCacheBehind = errors.New("the cache has not seen yet what was written")

// WithBoundedReads returns c, which reads its own writes, with reads of single objects that do not wait for long: when the cache
// does not catch up, the error is that of a stale view (IsStale).
func WithBoundedReads(c client.Client) client.Client { return boundedReads{c} }

type boundedReads struct{ client.Client }

// Get implements client.Reader.
func (b boundedReads) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	bounded, cancel := context.WithTimeout(ctx, cacheWait)
	defer cancel()
	err := b.Client.Get(bounded, key, obj, opts...)
	if err == nil || bounded.Err() == nil || ctx.Err() != nil {
		return err
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return apierrors.NewConflict(schema.GroupResource{Resource: fmt.Sprintf("%T", obj)}, key.Name, errCacheBehind)
}
