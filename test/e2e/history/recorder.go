package history

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
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

// Start records the namespace from now on until the test ends. It sees everything that is written after it returned.
func Start(t *testing.T, c client.WithWatch, namespace string) *Recorder {
	t.Helper()
	r := &Recorder{history: New(), changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var followers sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		followers.Wait()
	})
	pods := &metav1.PartialObjectMetadataList{}
	pods.SetGroupVersionKind(schema.GroupVersionKind{Version: "v1", Kind: "PodList"})
	for _, list := range []client.ObjectList{&sandboxv1.SandboxList{}, &extensionsv1.SandboxClaimList{}, pods} {
		if err := c.List(ctx, list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
		if err := meta.EachListItem(list, func(obj runtime.Object) error {
			r.observe(obj.(client.Object), false)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		followers.Go(func() {
			if err := Follow(ctx, c, namespace, list, r.observe); ctx.Err() == nil {
				r.breakOff(fmt.Errorf("watching %T: what happened from now on is not known: %w", list, err))
			}
		})
	}
	return r
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

// tell wakes everyone who waits. The caller holds the lock.
func (r *Recorder) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// Look calls look with the current History. look must not keep any part of it.
func (r *Recorder) Look(look func(*History)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	look(r.history)
}

// Await waits until missing returns "". missing says what is still missing.
func (r *Recorder) Await(t *testing.T, limit time.Duration, missing func(*History) string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit) // The test's context has ended when cleanups run.
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

// Check fails the test if anything was seen that must never happen, or if something may have been missed.
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
