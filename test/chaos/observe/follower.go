package observe

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
)

const (
	// pause is how long a follower waits before it asks an API server again that did not answer.
	pause = 200 * time.Millisecond
	// listLimit bounds one list.
	listLimit = 20 * time.Second
)

// follower sees the versions of all objects of a kind. It resumes a watch that ends from the version that it saw last. If the API
// server does not have what came after that any more, as after a restart, it lists, and tells what it has missed.
type follower struct {
	client client.WithWatch
	kind   judge.Kind
	saw    func(kind judge.Kind, obj client.Object, gone bool) error
	listed func(kind judge.Kind, present map[types.UID]bool)
	resume func(kind judge.Kind, why error)

	// refresh holds those who want a list now; each is closed once that list has been seen.
	refresh chan chan struct{}
	waiting []chan struct{}
}

// follow returns when ctx ends, or on something that no API server sends.
func (f *follower) follow(ctx context.Context) error {
	for ctx.Err() == nil {
		version, err := f.list(ctx)
		if err != nil {
			f.rest(ctx)
			continue
		}
		for _, waiting := range f.waiting {
			close(waiting)
		}
		f.waiting = nil
		if err := f.watchFrom(ctx, version); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// list sees what there is, and returns its version.
func (f *follower) list(ctx context.Context) (version string, err error) {
	limited, cancel := context.WithTimeout(ctx, listLimit)
	defer cancel()
	list := listOf(f.kind)
	if err := f.client.List(limited, list); err != nil {
		return "", err
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return "", err
	}
	present := map[types.UID]bool{}
	for _, item := range items {
		present[item.(client.Object).GetUID()] = true
	}
	f.listed(f.kind, present) // First what is gone: a Pod may have been followed by another of its name.
	for _, item := range items {
		if err := f.saw(f.kind, item.(client.Object), false); err != nil {
			return "", err
		}
	}
	return list.GetResourceVersion(), nil
}

// watchFrom sees what happens after a version. It returns nil when only a list can say what happened since.
func (f *follower) watchFrom(ctx context.Context, version string) error {
	for ctx.Err() == nil {
		watcher, err := f.client.Watch(ctx, listOf(f.kind), &client.ListOptions{
			Raw: &metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true},
		})
		if err == nil {
			var listAgain bool
			if version, listAgain, err = f.receive(ctx, watcher, version); listAgain || err != nil {
				return err
			}
		}
		if tooOld(err) {
			return nil
		}
		f.resume(f.kind, err)
		if err != nil && f.rest(ctx) {
			return nil
		}
	}
	return nil
}

// receive sees the events of a watch until it ends. It returns the last version, and whether a list has to follow.
func (f *follower) receive(ctx context.Context, watcher watch.Interface, version string) (last string, listAgain bool, err error) {
	defer watcher.Stop()
	for {
		select {
		case <-ctx.Done():
			return version, false, nil
		case waiting := <-f.refresh:
			f.waiting = append(f.waiting, waiting)
			return version, true, nil
		case event, open := <-watcher.ResultChan():
			if !open {
				return version, false, nil
			}
			if event.Type == watch.Error {
				return version, tooOld(apierrors.FromObject(event.Object)), nil
			}
			if err := f.take(event.Type, event.Object, &version); err != nil {
				return version, false, err
			}
		}
	}
}

func (f *follower) take(kind watch.EventType, object runtime.Object, version *string) error {
	obj, ok := object.(client.Object)
	if !ok {
		return fmt.Errorf("a watch sent %T", object)
	}
	*version = obj.GetResourceVersion()
	if kind == watch.Bookmark {
		return nil
	}
	return f.saw(f.kind, obj, kind == watch.Deleted)
}

// rest waits before the next try. It returns true if somebody wants a list.
func (f *follower) rest(ctx context.Context) (listAgain bool) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case waiting := <-f.refresh:
		f.waiting = append(f.waiting, waiting)
		return true
	}
	return false
}

// tooOld says that the API server has forgotten what came after a version.
func tooOld(err error) bool {
	return apierrors.IsResourceExpired(err) || apierrors.IsGone(err)
}
