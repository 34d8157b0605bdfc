// Package startup lets a program end that is told to while it starts.
package startup

import (
	"context"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
)

// NewCache returns a constructor of the caches that newCache makes. Nobody waits for one to sync any more when ctx, the context of the
// manager, has ended.
//
// A manager of controller-runtime waits for its cache with a context of its own, which does not end before the manager has started, and
// keeps a processor busy when it is told to end meanwhile: https://github.com/kubernetes-sigs/controller-runtime/pull/3440. Where the API
// server does not answer, or a right is missing, that were until it is killed.
func NewCache(ctx context.Context, newCache cache.NewCacheFunc) cache.NewCacheFunc {
	return func(cfg *rest.Config, options cache.Options) (cache.Cache, error) {
		made, err := newCache(cfg, options)
		if err != nil {
			return nil, err
		}
		return &awaited{Cache: made, program: ctx}, nil
	}
}

// awaited is a cache that is waited for while the program goes on.
type awaited struct {
	cache.Cache

	program context.Context //nolint:containedctx // Its end is what this is about.
}

// WaitForCacheSync implements cache.Cache. It returns true, too, when the program ends.
func (a *awaited) WaitForCacheSync(ctx context.Context) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.program, cancel)()
	return a.Cache.WaitForCacheSync(ctx) || a.program.Err() != nil
}
