package unreadable

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/internal/unreadable"
)

// patience is how long the tests wait for what has to happen.
const patience = time.Minute

// object returns an object of like's kind with that spec.
func object(t *testing.T, like client.Object, namespace, name, spec string) *unstructured.Unstructured {
	t.Helper()
	gvks, _, err := scheme.ObjectKinds(like)
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]any{}
	if err := yaml.Unmarshal([]byte(spec), &content); err != nil {
		t.Fatal(err)
	}
	made := &unstructured.Unstructured{Object: map[string]any{"spec": content}}
	made.SetGroupVersionKind(gvks[0])
	made.SetNamespace(namespace)
	made.SetName(name)
	return made
}

// fill creates every bad object and a good one of each kind, and returns how many bad ones there are of each kind.
func fill(t *testing.T, admin client.Client, namespace string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	create := func(o *unstructured.Unstructured) {
		if err := admin.Create(t.Context(), o); err != nil {
			t.Fatalf("creating %s %s: %v", o.GetKind(), o.GetName(), err)
		}
	}
	for like, spec := range good {
		create(object(t, like, namespace, "good", spec))
	}
	for like, specs := range bad {
		for name, spec := range specs {
			o := object(t, like, namespace, name, spec)
			create(o)
			counts[o.GetKind()]++
		}
	}
	return counts
}

func newNamespace(t *testing.T) (client.Client, string) {
	t.Helper()
	admin, err := client.New(server, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "unreadable-"}}
	if err := admin.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	return admin, namespace.Name
}

// world is a cache of one namespace, with what it said and reported.
type world struct {
	cache    cache.Cache
	register *unreadable.Register
	reports  chan *unreadable.Error
	deleted  chan client.Object

	mu  sync.Mutex
	log bytes.Buffer
}

// start starts a cache of all kinds, and waits until it has synced.
func start(t *testing.T, cfg *rest.Config, namespace string) *world {
	t.Helper()
	w := &world{reports: make(chan *unreadable.Error, 100), deleted: make(chan client.Object, 100)}
	w.register = unreadable.NewRegister(w.logger())
	w.register.Report = func(e *unreadable.Error) { w.reports <- e }
	var err error
	w.cache, err = unreadable.NewCache(w.register)(cfg, cache.Options{
		Scheme: scheme, DefaultNamespaces: map[string]cache.Config{namespace: {}}, DefaultTransform: cache.TransformStripManagedFields(),
	})
	if err != nil {
		t.Fatal(err)
	}
	for like := range good {
		informer, err := w.cache.GetInformer(t.Context(), like)
		if err != nil {
			t.Fatal(err)
		}
		_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{DeleteFunc: func(o any) { w.deleted <- o.(client.Object) }})
		if err != nil {
			t.Fatal(err)
		}
	}
	go func() { _ = w.cache.Start(t.Context()) }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if !w.cache.WaitForCacheSync(ctx) {
		t.Fatal("the cache does not sync")
	}
	return w
}

func (w *world) logger() logr.Logger {
	return funcr.New(func(_, args string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.log.WriteString(args + "\n")
	}, funcr.Options{})
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// names returns the names of the cached objects of like's kind.
func (w *world) names(t *testing.T, like client.Object) []string {
	t.Helper()
	gvks, _, err := scheme.ObjectKinds(like)
	if err != nil {
		t.Fatal(err)
	}
	made, err := scheme.New(gvks[0].GroupVersion().WithKind(gvks[0].Kind + "List"))
	if err != nil {
		t.Fatal(err)
	}
	list := made.(client.ObjectList)
	if err := w.cache.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	var names []string
	items, err := apimeta(list)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		names = append(names, item.GetName())
	}
	return names
}

// await waits until done.
func (w *world) await(t *testing.T, what string, done func() bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 5*time.Millisecond, patience, true, func(context.Context) (bool, error) { return done(), nil })
	if err != nil {
		t.Fatalf("%s: %v; unreadable are %v, the log is\n%.3000s", what, err, w.register.Count(), w.logged())
	}
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	select {
	case one := <-from:
		return one
	case <-ctx.Done():
		t.Fatal("nothing comes")
		panic("unreachable")
	}
}
