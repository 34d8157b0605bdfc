package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache/informertest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllertest"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/election"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// watched is a cache that holds nothing, and counts the event handlers of each kind.
type watched struct {
	informertest.FakeInformers

	mu       sync.Mutex
	handlers map[string]int
}

func (w *watched) GetInformer(_ context.Context, obj client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	kind := fmt.Sprintf("%T", obj)
	w.count(kind, 0)
	return &countingInformer{FakeInformer: controllertest.NewFakeInformer(controllertest.Synced), kind: kind, watched: w}, nil
}

func (w *watched) count(kind string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.handlers == nil {
		w.handlers = map[string]int{}
	}
	w.handlers[kind] += n
}

func (w *watched) kinds() []string { return slices.Sorted(maps.Keys(w.handlers)) }

type countingInformer struct {
	*controllertest.FakeInformer

	kind    string
	watched *watched
}

func (i *countingInformer) AddEventHandlerWithOptions(
	handler toolscache.ResourceEventHandler, options toolscache.HandlerOptions,
) (toolscache.ResourceEventHandlerRegistration, error) {
	i.watched.count(i.kind, 1)
	return i.FakeInformer.AddEventHandlerWithOptions(handler, options)
}

func (i *countingInformer) RemoveEventHandler(toolscache.ResourceEventHandlerRegistration) error {
	i.watched.count(i.kind, -1)
	return nil
}

// counting counts what is added.
type counting struct {
	*election.Reconcilers

	added chan struct{}
}

func (c *counting) Add(runnable manager.Runnable) error {
	c.added <- struct{}{}
	return c.Reconcilers.Add(runnable)
}

// The cache of a standby holds every kind that the reconcilers watch, or a new leader would have to list it first. A process
// may have several terms: each has reconcilers of its own, which leave no event handler behind.
func TestAStandbyWatchesWhatTheLeaderDoes(t *testing.T) {
	warm, used := &watched{}, &watched{}
	if err := controllers.Inform(t.Context(), warm); err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{}, 100)
	log := funcr.New(func(_, args string) {
		if strings.Contains(args, "Starting workers") {
			started <- struct{}{}
		}
	}, funcr.Options{})
	mgr := withoutServer(t, used, log)
	for term := range 2 {
		ctx, stop := context.WithCancel(t.Context())
		added, ended := make(chan struct{}, 100), make(chan error, 1)
		e := &election.Election{
			Build: func() (*election.Reconcilers, error) {
				reconcilers := election.Collect(mgr)
				return reconcilers, controllers.Setup(&counting{Reconcilers: reconcilers, added: added}, reconcilersOf(mgr))
			},
			Fail: func(err error) { t.Errorf("term %d: %v", term, err); stop() },
			Log:  log,
		}
		go func() { ended <- e.Start(ctx) }()
		<-started
		for range len(added) - 1 {
			<-started
		}
		if diff := cmp.Diff(warm.kinds(), used.kinds()); diff != "" {
			t.Errorf("kinds in the cache (-of every replica +of the leader):\n%s", diff)
		}
		stop()
		if err := <-ended; err != nil {
			t.Errorf("term %d: %v", term, err)
		}
		for kind, n := range used.handlers {
			if n != 0 {
				t.Errorf("term %d leaves %d event handlers of %s behind", term, n, kind)
			}
		}
	}
}

// withoutServer returns a manager that reads from c, and has no API server.
func withoutServer(t *testing.T, c cache.Cache, log logr.Logger) manager.Manager {
	t.Helper()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	mgr, err := manager.New(&rest.Config{}, manager.Options{
		Scheme: scheme, Logger: log, Metrics: server.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		NewCache:       func(*rest.Config, cache.Options) (cache.Cache, error) { return c, nil },
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return meta.NewDefaultRESTMapper(nil), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return mgr
}

func reconcilersOf(mgr manager.Manager) controllers.Options {
	options, c := defaults().reconcilers(), mgr.GetClient()
	options.Claims, options.Templates, options.Sandboxes, options.Pools = c, c, c, c
	options.Live, options.Candidates, options.Metrics = mgr.GetAPIReader(), candidates.New(0), metrics.NewClaims()
	options.Now, options.Network, options.LabelDomains = time.Now, rules.DefaultNetwork(), rules.DefaultLabelDomains
	return options
}
