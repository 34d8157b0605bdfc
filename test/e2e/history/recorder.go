package history

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Recorder keeps the History of a namespace while a test runs.
type Recorder struct {
	mu      sync.Mutex
	history *History
	broken  error
	// changed is closed, and replaced, whenever something is seen.
	changed chan struct{}
}

// Start records the namespace from now on until the test ends: what is written after it returned is seen.
func Start(t *testing.T, c client.WithWatch, namespace string) *Recorder {
	t.Helper()
	r := &Recorder{history: New(), changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var followers sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		followers.Wait()
	})
	for _, list := range []client.ObjectList{&sandboxv1.SandboxList{}, &extensionsv1.SandboxClaimList{}, &corev1.PodList{}} {
		if err := c.List(ctx, list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
		if err := meta.EachListItem(list, func(obj runtime.Object) error {
			r.observe(obj.(client.Object), false)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		watcher, err := c.Watch(ctx, list, &client.ListOptions{
			Namespace: namespace, Raw: &metav1.ListOptions{ResourceVersion: list.GetResourceVersion()},
		})
		if err != nil {
			t.Fatal(err)
		}
		followers.Go(func() {
			defer watcher.Stop()
			if err := r.follow(watcher); ctx.Err() == nil {
				r.breakOff(fmt.Errorf("watching %T: %w", list, err))
			}
		})
	}
	return r
}

// follow notes what watcher sees until that breaks.
func (r *Recorder) follow(watcher watch.Interface) error {
	for event := range watcher.ResultChan() {
		switch event.Type {
		case watch.Added, watch.Modified, watch.Deleted:
			r.observe(event.Object.(client.Object), event.Type == watch.Deleted)
		case watch.Bookmark:
		default:
			return apierrors.FromObject(event.Object)
		}
	}
	return fmt.Errorf("the watch ended: what happened since is not known")
}

func (r *Recorder) observe(obj client.Object, gone bool) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Observe(obj, gone, now)
	r.tell()
}

func (r *Recorder) breakOff(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken = err
	r.tell()
}

// tell wakes who waits. The caller holds the lock.
func (r *Recorder) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// Look lets look read the History as it is now. look keeps nothing of it.
func (r *Recorder) Look(look func(*History)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	look(r.history)
}

// Await waits until missing returns "": it says what is still to come.
func (r *Recorder) Await(t *testing.T, limit time.Duration, missing func(*History) string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit) // Of the test's context, cleanups have nothing.
	defer cancel()
	for {
		r.mu.Lock()
		still, broken, changed := missing(r.history), r.broken, r.changed
		r.mu.Unlock()
		if broken != nil {
			t.Fatal(broken)
		}
		if still == "" {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("after %s: %s", limit, still)
		}
	}
}

// Check fails the test if anything was seen that must never be, or if something may have been missed.
func (r *Recorder) Check(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		t.Error(r.broken)
	}
	const shown = 5
	for rule, lines := range r.history.Violations() {
		t.Errorf("%s: broken %d times", rule, len(lines))
		for _, line := range lines[:min(len(lines), shown)] {
			t.Log("    " + line)
		}
	}
}
