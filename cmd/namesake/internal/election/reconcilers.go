package election

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// Reconcilers are the controllers of one term. Controllers are added to it as to a manager. They run while the replica leads,
// and leave nothing behind in the cache: controller-runtime itself keeps their event handlers for ever.
type Reconcilers struct {
	manager.Manager

	cache     *trackedCache
	runnables []manager.Runnable
}

// Collect returns a manager for the controllers of one term: mgr, but for what is added to it.
func Collect(mgr manager.Manager) *Reconcilers {
	return &Reconcilers{Manager: mgr, cache: &trackedCache{Cache: mgr.GetCache()}}
}

// Add implements manager.Manager. What is added runs when the replica leads.
func (r *Reconcilers) Add(runnable manager.Runnable) error {
	r.runnables = append(r.runnables, runnable)
	return nil
}

// GetCache implements cluster.Cluster.
func (r *Reconcilers) GetCache() cache.Cache { return r.cache }

// GetControllerOptions implements manager.Manager: each term has controllers of the same names.
func (r *Reconcilers) GetControllerOptions() config.Controller {
	options := r.Manager.GetControllerOptions()
	options.SkipNameValidation = new(true)
	return options
}

// run runs the controllers until ctx is done or one of them fails. It returns then, and when all have ended.
func (r *Reconcilers) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	errs := make([]error, len(r.runnables))
	for i, runnable := range r.runnables {
		group.Go(func() {
			if errs[i] = runnable.Start(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	group.Wait()
	<-ctx.Done()
	return errors.Join(errs...)
}

// close removes the event handlers of the controllers.
func (r *Reconcilers) close() { r.cache.close() }

// trackedCache is a cache that removes the event handlers that were added through it when it is closed.
type trackedCache struct {
	cache.Cache

	mu     sync.Mutex
	closed bool
	remove []func()
}

// GetInformer implements cache.Informers.
func (c *trackedCache) GetInformer(ctx context.Context, obj client.Object, opts ...cache.InformerGetOption) (cache.Informer, error) {
	return c.track(c.Cache.GetInformer(ctx, obj, opts...))
}

// GetInformerForKind implements cache.Informers.
func (c *trackedCache) GetInformerForKind(
	ctx context.Context, kind schema.GroupVersionKind, opts ...cache.InformerGetOption,
) (cache.Informer, error) {
	return c.track(c.Cache.GetInformerForKind(ctx, kind, opts...))
}

func (c *trackedCache) track(informer cache.Informer, err error) (cache.Informer, error) {
	if err != nil {
		return nil, err
	}
	return &trackedInformer{Informer: informer, cache: c}, nil
}

func (c *trackedCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, remove := range c.remove {
		remove()
	}
	c.remove = nil
}

// errTermOver is that a controller attaches to an informer when its term is over.
var errTermOver = errors.New("the replica does not lead any more")

type trackedInformer struct {
	cache.Informer

	cache *trackedCache
}

type registration = toolscache.ResourceEventHandlerRegistration

// AddEventHandler implements cache.Informer.
func (i *trackedInformer) AddEventHandler(handler toolscache.ResourceEventHandler) (registration, error) {
	return i.AddEventHandlerWithOptions(handler, toolscache.HandlerOptions{})
}

// AddEventHandlerWithResyncPeriod implements cache.Informer.
func (i *trackedInformer) AddEventHandlerWithResyncPeriod(
	handler toolscache.ResourceEventHandler, period time.Duration,
) (registration, error) {
	return i.AddEventHandlerWithOptions(handler, toolscache.HandlerOptions{ResyncPeriod: &period})
}

// AddEventHandlerWithOptions implements cache.Informer.
func (i *trackedInformer) AddEventHandlerWithOptions(
	handler toolscache.ResourceEventHandler, options toolscache.HandlerOptions,
) (registration, error) {
	i.cache.mu.Lock()
	defer i.cache.mu.Unlock()
	if i.cache.closed {
		return nil, errTermOver
	}
	added, err := i.Informer.AddEventHandlerWithOptions(handler, options)
	if err != nil {
		return nil, err
	}
	i.cache.remove = append(i.cache.remove, func() {
		_ = i.RemoveEventHandler(added) // It fails only for handlers of another informer.
	})
	return added, nil
}
