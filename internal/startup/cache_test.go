package startup

import (
	"context"
	"net/http"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// unsynced is a cache that never syncs, as where the API server does not answer.
type unsynced struct {
	cache.Cache

	awaited chan struct{}
}

func (*unsynced) IndexField(context.Context, client.Object, string, client.IndexerFunc) error {
	return nil
}

func (*unsynced) Start(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func (u *unsynced) WaitForCacheSync(ctx context.Context) bool {
	close(u.awaited)
	<-ctx.Done()
	return false
}

// A manager that is told to end while it waits for its cache ends. Without NewCache, this test does not.
func TestAManagerEndsWhileItsCacheIsNotSynced(t *testing.T) {
	ctx, tell := context.WithCancel(t.Context())
	stuck := &unsynced{awaited: make(chan struct{})}
	mgr, err := manager.New(&rest.Config{}, manager.Options{
		Metrics: server.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		NewCache:       NewCache(ctx, func(*rest.Config, cache.Options) (cache.Cache, error) { return stuck, nil }),
		MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return meta.NewDefaultRESTMapper(nil), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	<-stuck.awaited
	tell()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// While the program goes on, a cache is synced when it says so.
func TestACacheThatIsNotSynced(t *testing.T) {
	stuck := &unsynced{awaited: make(chan struct{})}
	c, err := NewCache(t.Context(), func(*rest.Config, cache.Options) (cache.Cache, error) { return stuck, nil })(nil, cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c.WaitForCacheSync(ctx) {
		t.Error("it is synced")
	}
}
