package unreadable

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// NewCache returns a constructor of caches. The informers of Namesake's own kinds leave out what is unreadable and record it
// in register, and their Sandboxes share equal PodSpecs. They select by nothing but the namespaces, of which there may be one or
// several. All other informers are as usual.
func NewCache(register *Register) cache.NewCacheFunc {
	return func(cfg *rest.Config, options cache.Options) (cache.Cache, error) {
		connection := options.HTTPClient
		if connection == nil {
			var err error
			if connection, err = rest.HTTPClientFor(cfg); err != nil {
				return nil, fmt.Errorf("connecting for the cache: %w", err)
			}
		}
		sources, err := newSources(cfg, connection, options.Scheme, register)
		if err != nil {
			return nil, err
		}
		options.ByObject = placed(options)
		options.NewInformer = func(
			usual toolscache.ListerWatcher, object runtime.Object, resync time.Duration, indexers toolscache.Indexers,
		) toolscache.SharedIndexInformer {
			shared, ok := sources[reflect.TypeOf(object)]
			if !ok {
				return toolscache.NewSharedIndexInformer(usual, object, resync, indexers)
			}
			own := *shared
			return &informer{SharedIndexInformer: toolscache.NewSharedIndexInformer(&own, object, resync, indexers), source: &own}
		}
		return cache.New(cfg, options)
	}
}

// newSources returns a source of all namespaces for each of Namesake's own kinds, by the type of its objects.
func newSources(
	cfg *rest.Config, connection *http.Client, scheme *runtime.Scheme, register *Register,
) (map[reflect.Type]*source, error) {
	sources := map[reflect.Type]*source{}
	for _, k := range kinds() {
		c, err := k.newRESTClient(cfg, connection, scheme)
		if err != nil {
			return nil, err
		}
		sources[reflect.TypeOf(k.object)] = &source{codec: codec{kind: k, specs: newSpecs()}, client: c, register: register}
	}
	return sources, nil
}

// question is what an informer asks the transform of its namespace: which one is it?
type question struct{ namespace string }

// placed returns the options by object, with transforms of Namesake's own kinds that answer a question. A cache of several
// namespaces makes an informer for each, and tells none of them its namespace. But it gives each the transform of its namespace.
func placed(options cache.Options) map[client.Object]cache.ByObject {
	byObject := maps.Clone(options.ByObject)
	if len(options.DefaultNamespaces) == 0 {
		return byObject
	}
	if byObject == nil {
		byObject = map[client.Object]cache.ByObject{}
	}
	for _, k := range kinds() {
		namespaces := map[string]cache.Config{}
		for namespace, config := range options.DefaultNamespaces {
			config.Transform = answering(namespace, options.DefaultTransform)
			namespaces[namespace] = config
		}
		byObject[k.object] = cache.ByObject{Namespaces: namespaces}
	}
	return byObject
}

// answering returns transform, which may be nil, as one that also answers a question.
func answering(namespace string, transform toolscache.TransformFunc) toolscache.TransformFunc {
	return func(obj any) (any, error) {
		if asked, ok := obj.(*question); ok {
			asked.namespace = namespace
			return obj, nil
		}
		if transform == nil {
			return obj, nil
		}
		return transform(obj)
	}
}

// informer is one of Namesake's own kinds, in one namespace or all of them.
type informer struct {
	toolscache.SharedIndexInformer

	source *source
}

// SetTransform implements toolscache.SharedIndexInformer. The cache calls it before it starts the informer.
func (i *informer) SetTransform(transform toolscache.TransformFunc) error {
	if transform != nil {
		asked := &question{}
		if _, err := transform(asked); err != nil {
			return fmt.Errorf("asking for the namespace of %s: %w", i.source.resource, err)
		}
		i.source.namespace = asked.namespace
	}
	return i.SharedIndexInformer.SetTransform(transform)
}
