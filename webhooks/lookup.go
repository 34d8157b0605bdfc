package webhooks

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// object is a client.Object whose underlying type is T.
type object[T any] interface {
	*T
	client.Object
}

// lookup finds objects of one kind in the cache, or live if the cache does not have what is asked for.
type lookup[T any, P object[T]] struct {
	cache, live client.Reader
}

// get returns the object of that name, or nil if it does not exist. It returns the cached object if that is goodEnough.
// Otherwise it returns the live object as it is.
func (l lookup[T, P]) get(ctx context.Context, namespace, name string, goodEnough func(P) bool) (P, error) {
	cached, err := read[T, P](ctx, l.cache, namespace, name)
	if err != nil || (cached != nil && goodEnough(cached)) {
		return cached, err
	}
	return l.getLive(ctx, namespace, name)
}

// getCached returns the object of that name as the cache has it, or nil if the cache does not have it.
func (l lookup[T, P]) getCached(ctx context.Context, namespace, name string) (P, error) {
	return read[T, P](ctx, l.cache, namespace, name)
}

// getLive returns the object of that name as the API server has it now, or nil if it does not exist.
func (l lookup[T, P]) getLive(ctx context.Context, namespace, name string) (P, error) {
	return read[T, P](ctx, l.live, namespace, name)
}

func read[T any, P object[T]](ctx context.Context, reader client.Reader, namespace, name string) (P, error) {
	if name == "" || len(content.IsPathSegmentName(name)) > 0 {
		return nil, nil // No object has such a name, and no client asks for it. The field's validation tells the user.
	}
	if err := ctx.Err(); err != nil {
		return nil, err // Nobody waits for the answer. The cache would give one all the same.
	}
	obj := P(new(T))
	err := reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, obj)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return obj, nil
}

// exists is the goodEnough for an object that only has to exist.
func exists[P any](P) bool { return true }
