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

// lookup finds objects of one kind: in the cache, and, where that does not have what is asked for, live.
type lookup[T any, P object[T]] struct {
	cache, live client.Reader
}

// get returns the object of that name, or nil where it does not exist. What the cache has is returned if it is
// goodEnough; what is read live is returned as it is.
func (l lookup[T, P]) get(ctx context.Context, namespace, name string, goodEnough func(P) bool) (P, error) {
	cached, err := read[T, P](ctx, l.cache, namespace, name)
	if err != nil || (cached != nil && goodEnough(cached)) {
		return cached, err
	}
	return l.getLive(ctx, namespace, name)
}

// getCached returns the object of that name as the cache has it, or nil where it does not.
func (l lookup[T, P]) getCached(ctx context.Context, namespace, name string) (P, error) {
	return read[T, P](ctx, l.cache, namespace, name)
}

// getLive returns the object of that name as the API server has it now, or nil where it does not exist.
func (l lookup[T, P]) getLive(ctx context.Context, namespace, name string) (P, error) {
	return read[T, P](ctx, l.live, namespace, name)
}

func read[T any, P object[T]](ctx context.Context, reader client.Reader, namespace, name string) (P, error) {
	if name == "" || len(content.IsPathSegmentName(name)) > 0 {
		return nil, nil // No object has such a name, and no client asks for it. Who validates the field says so to the user.
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

// exists is the goodEnough of what only has to be there.
func exists[P any](P) bool { return true }
