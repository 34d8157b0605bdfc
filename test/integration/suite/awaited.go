package suite

import (
	"context"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
)

// awaitedCache returns a constructor of the caches that newCache makes, for a manager that may end while it starts, as the goroutines of a
// Process that is killed do. The program ends its process then. A manager would wait for the cache for ever, with a processor busy:
// https://github.com/kubernetes-sigs/controller-runtime/pull/3440.
func awaitedCache(ctx context.Context, newCache cache.NewCacheFunc) cache.NewCacheFunc {
	return func(cfg *rest.Config, options cache.Options) (cache.Cache, error) {
		made, err := newCache(cfg, options)
		return &awaited{Cache: made, manager: ctx}, err
	}
}

type awaited struct {
	cache.Cache

	manager context.Context //nolint:containedctx // Its end is what this is about.
}

// WaitForCacheSync implements cache.Cache. It returns true, too, when the manager ends.
func (a *awaited) WaitForCacheSync(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.manager, cancel)()
	return a.Cache.WaitForCacheSync(ctx) || a.manager.Err() != nil
}
