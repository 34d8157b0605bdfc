package faults

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/e2e/history"
)

// patience is how long a run waits for what has to happen. Mostly it takes less than one.
const patience = 30 * time.Second

// key names an object within a namespace.
type key struct{ kind, name string }

// world is what there is in the namespace of a run, as an observer sees it to whom no fault happens.
type world struct {
	namespace string

	mu      sync.Mutex
	objects map[key]client.Object
	// names has all objects that ever were, by their UID.
	names   map[types.UID]key
	history *history.History
	// changed is closed, and replaced, at each change.
	changed chan struct{}
}

func newWorld(namespace *corev1.Namespace) *world {
	return &world{
		namespace: namespace.Name, objects: map[key]client.Object{}, names: map[types.UID]key{namespace.UID: {"Namespace", namespace.Name}},
		history: history.New(), changed: make(chan struct{}),
	}
}

func (w *world) observe(obj client.Object, gone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := key{reflect.TypeOf(obj).Elem().Name(), obj.GetName()}
	w.names[obj.GetUID()] = k
	if gone {
		delete(w.objects, k)
	} else {
		w.objects[k] = obj
	}
	w.history.Observe(forHistory(obj), gone, clock.RealClock{}.Now())
	close(w.changed)
	w.changed = make(chan struct{})
}

// forHistory returns what history takes of an object: of a Pod, its metadata.
func forHistory(obj client.Object) client.Object {
	if pod, ok := obj.(*corev1.Pod); ok {
		return &metav1.PartialObjectMetadata{ObjectMeta: pod.ObjectMeta}
	}
	return obj
}

// await waits until missing, which looks at the world, returns "". broken ends it.
func (w *world) await(t *testing.T, what string, missing func(*world) string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	for {
		w.mu.Lock()
		still, changed := missing(w), w.changed
		w.mu.Unlock()
		if still == "" {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%s: not after %s: %s", what, patience, still)
		}
	}
}

// all returns the objects of a kind, by name. The caller holds the lock.
func all[T client.Object](w *world) []T {
	var found []T
	for _, k := range slices.SortedFunc(maps.Keys(w.objects), func(a, b key) int { return strings.Compare(a.name, b.name) }) {
		if obj, ok := w.objects[k].(T); ok {
			found = append(found, obj)
		}
	}
	return found
}

// eye observes all namespaces, and passes on what it sees to their worlds.
type eye struct {
	mu     sync.Mutex
	worlds map[string]*world
	broken error
}

// newEye returns an eye that observes until t ends. It sees everything that is written after newEye returned.
func newEye(t *testing.T, c client.WithWatch) *eye {
	t.Helper()
	e := &eye{worlds: map[string]*world{}}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var followers sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		followers.Wait()
	})
	for _, list := range []client.ObjectList{
		&sandboxv1.SandboxList{}, &extensionsv1.SandboxClaimList{}, &extensionsv1.SandboxWarmPoolList{}, &extensionsv1.SandboxTemplateList{},
		&corev1.PodList{}, &corev1.ServiceList{}, &corev1.PersistentVolumeClaimList{}, &networkingv1.NetworkPolicyList{},
	} {
		if err := c.List(ctx, list, client.Limit(1)); err != nil {
			t.Fatal(err)
		}
		followers.Go(func() {
			if err := history.Follow(ctx, c, "", list, e.observe); ctx.Err() == nil {
				e.mu.Lock()
				defer e.mu.Unlock()
				e.broken = fmt.Errorf("watching %T: what happened from now on is not known: %w", list, err)
			}
		})
	}
	return e
}

// world returns the world of a namespace, which is new.
func (e *eye) world(namespace *corev1.Namespace) *world {
	e.mu.Lock()
	defer e.mu.Unlock()
	w := newWorld(namespace)
	e.worlds[namespace.Name] = w
	return w
}

// forget drops the world of a namespace in which nothing happens any more.
func (e *eye) forget(namespace string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.worlds, namespace)
}

func (e *eye) observe(obj client.Object, gone bool) {
	e.mu.Lock()
	w := e.worlds[obj.GetNamespace()]
	e.mu.Unlock()
	if w != nil {
		w.observe(obj, gone)
	}
}

// check fails the test if the eye may have missed something.
func (e *eye) check(t *testing.T) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken != nil {
		t.Error(e.broken)
	}
}
