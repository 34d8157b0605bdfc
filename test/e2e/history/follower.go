package history

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Follow calls observe for each version of the objects in list that comes after it, in a namespace or in all, until ctx ends. It
// returns an error if it may have missed one.
func Follow(
	ctx context.Context, c client.WithWatch, namespace string, list client.ObjectList, observe func(obj client.Object, gone bool),
) error {
	f := &follower{client: c, namespace: namespace, list: list, version: list.GetResourceVersion(), observe: observe}
	return f.follow(ctx)
}

// follower sees each version of the objects of one kind, without gaps. A loaded API server ends watches that it cannot serve
// fast enough; the follower then resumes from the version that it saw last. If the API server does not have what came after
// that any more, the record is worthless, and follow returns an error.
type follower struct {
	client    client.WithWatch
	namespace string
	list      client.ObjectList
	// version is the last version that was seen.
	version string
	observe func(obj client.Object, gone bool)
}

// follow returns when ctx ends, or when something was missed.
func (f *follower) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := f.watch(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// watch observes what happened since f.version, until the watch ends.
func (f *follower) watch(ctx context.Context) error {
	watcher, err := f.client.Watch(ctx, f.list, &client.ListOptions{
		Namespace: f.namespace, Raw: &metav1.ListOptions{ResourceVersion: f.version, AllowWatchBookmarks: true},
	})
	if err != nil {
		return err
	}
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		if event.Type == watch.Error {
			return apierrors.FromObject(event.Object)
		}
		obj, ok := event.Object.(client.Object)
		if !ok {
			return fmt.Errorf("a watch sent %T", event.Object)
		}
		if f.version = obj.GetResourceVersion(); event.Type != watch.Bookmark {
			f.observe(obj, event.Type == watch.Deleted)
		}
	}
	return nil
}
