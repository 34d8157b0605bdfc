package unreadable

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
)

// NewCache returns a constructor of caches. The informers of Namesake's own kinds leave out what is unreadable and record it
// in register, and their Sandboxes share equal PodSpecs. They select by nothing but the namespace. All other informers are as
// usual.
func NewCache(register *Register) cache.NewCacheFunc {
	return func(cfg *rest.Config, options cache.Options) (cache.Cache, error) {
		sources, err := newSources(cfg, options, register)
		if err != nil {
			return nil, err
		}
		options.NewInformer = func(
			usual toolscache.ListerWatcher, object runtime.Object, resync time.Duration, indexers toolscache.Indexers,
		) toolscache.SharedIndexInformer {
			if own, ok := sources[reflect.TypeOf(object)]; ok {
				usual = own
			}
			return toolscache.NewSharedIndexInformer(usual, object, resync, indexers)
		}
		return cache.New(cfg, options)
	}
}

// newSources returns a source for each of Namesake's own kinds, by the type of its objects.
func newSources(cfg *rest.Config, options cache.Options, register *Register) (map[reflect.Type]*source, error) {
	namespaces := slices.Collect(maps.Keys(options.DefaultNamespaces))
	if len(namespaces) > 1 {
		return nil, errors.New("a cache of several namespaces is not supported: a source has one, or all")
	}
	connection := options.HTTPClient
	if connection == nil {
		var err error
		if connection, err = rest.HTTPClientFor(cfg); err != nil {
			return nil, fmt.Errorf("connecting for the cache: %w", err)
		}
	}
	sources := map[reflect.Type]*source{}
	for _, k := range kinds() {
		c, err := k.newRESTClient(cfg, connection, options.Scheme)
		if err != nil {
			return nil, err
		}
		own := &source{codec: codec{kind: k, specs: newSpecs()}, client: c, register: register}
		if len(namespaces) == 1 {
			own.namespace = namespaces[0]
		}
		sources[reflect.TypeOf(k.object)] = own
	}
	return sources, nil
}
