package conformance

import (
	"context"
	"errors"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// errNotInTime says that the timeout is over.
var errNotInTime = errors.New("not in time")

// listWatch lists and watches the object of a name. list is empty, and says of which kind the object is.
func (s *scene) listWatch(list client.ObjectList, name string) *cache.ListWatch {
	options := func(raw *metav1.ListOptions) *client.ListOptions {
		raw.FieldSelector = fields.OneTermEqualSelector("metadata.name", name).String()
		return &client.ListOptions{Namespace: s.namespace, Raw: raw}
	}
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, raw metav1.ListOptions) (runtime.Object, error) {
			into := list.DeepCopyObject().(client.ObjectList)
			return into, s.List(ctx, into, options(&raw))
		},
		WatchFuncWithContext: func(ctx context.Context, raw metav1.ListOptions) (watch.Interface, error) {
			return s.Watch(ctx, list.DeepCopyObject().(client.ObjectList), options(&raw))
		},
	}
}

// await watches the object of a name until done says so, and returns it. The error is errNotInTime, or ctx's.
func await[T client.Object](ctx context.Context, s *scene, list client.ObjectList, name string, done func(T) bool) (T, error) {
	var object T
	err := s.until(ctx, list, name, object, nil, func(event watch.Event) (bool, error) {
		seen, ok := event.Object.(T)
		if !ok || event.Type == watch.Deleted || !done(seen) {
			return false, nil
		}
		object = seen
		return true, nil
	})
	return object, err
}

// awaitGone watches the object of a name until there is none. The error is errNotInTime, or ctx's.
func awaitGone[T client.Object](ctx context.Context, s *scene, list client.ObjectList, name string) error {
	var object T
	isGone := func(store cache.Store) (bool, error) { return len(store.ListKeys()) == 0, nil }
	return s.until(ctx, list, name, object, isGone, func(event watch.Event) (bool, error) { return event.Type == watch.Deleted, nil })
}

func (s *scene) until(
	ctx context.Context, list client.ObjectList, name string, kind client.Object,
	before watchtools.PreconditionFunc, done watchtools.ConditionFunc,
) error {
	limited, cancel := context.WithTimeout(klog.NewContext(ctx, logr.Discard()), s.timeout)
	defer cancel()
	_, err := watchtools.UntilWithSync(limited, s.listWatch(list, name), kind, before, done)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case wait.Interrupted(err), limited.Err() != nil:
		return errNotInTime
	}
	return err
}
