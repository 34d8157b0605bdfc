package main

import (
	"fmt"
	"net"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/namesake-sandbox/namesake/internal/unreadable"
)

// clients are what talks to the API server, besides the manager's own client and reader. Workers' clients read from the manager's cache.
type clients struct {
	// claims has a connection of its own: what users wait for never queues behind a pool that fills.
	claims client.Client
	// sandboxes waits in its reads of single objects until the cache has seen what it wrote to them.
	sandboxes client.Client
	// live and dryRun are what webhooks read, and try out, at the API server itself.
	live   client.Reader
	dryRun client.Client
}

func newClients(cfg *rest.Config, mgr manager.Manager) (*clients, error) {
	own := rest.CopyConfig(cfg)
	// client-go shares one connection among clients of equal configuration. A separate dialer makes this configuration differ.
	own.Dial = (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	httpClient, err := rest.HTTPClientFor(own)
	if err != nil {
		return nil, fmt.Errorf("connecting for claims: %w", err)
	}
	claims, err := client.New(own, client.Options{
		HTTPClient: httpClient, Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), Cache: &client.CacheOptions{Reader: mgr.GetCache()},
	})
	if err != nil {
		return nil, fmt.Errorf("creating the client for claims: %w", err)
	}
	sandboxes, err := client.New(cfg, client.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
		Cache: &client.CacheOptions{Reader: mgr.GetCache(), EnableReadYourWritesConsistency: new(true)},
	})
	if err != nil {
		return nil, fmt.Errorf("creating the client for Sandboxes: %w", err)
	}
	live, direct, err := newWebhookClients(cfg, mgr.GetScheme(), mgr.GetRESTMapper())
	if err != nil {
		return nil, fmt.Errorf("creating the client for webhooks: %w", err)
	}
	return &clients{claims: claims, sandboxes: sandboxes, live: live, dryRun: client.NewDryRunClient(direct)}, nil
}

// newWebhookClients returns what webhooks read by, and a client of the same connection. Neither waits for an API server that is busy. The
// reader decodes nothing of an object that cannot be read, which would take a processor for as long as its author likes.
func newWebhookClients(cfg *rest.Config, scheme *runtime.Scheme, mapper meta.RESTMapper) (client.Reader, client.Client, error) {
	cfg = waitAtMost(cfg, webhooksWait)
	connection, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return nil, nil, err
	}
	direct, err := client.New(cfg, client.Options{HTTPClient: connection, Scheme: scheme, Mapper: mapper})
	if err != nil {
		return nil, nil, err
	}
	live, err := unreadable.NewReader(cfg, connection, scheme, direct)
	return live, direct, err
}

// limitRate returns cfg with the rate that the flags say, for all clients that are made of it together, and with the name of the program,
// which becomes the field manager of what they write.
func limitRate(cfg *rest.Config, qps float64, burst int) *rest.Config {
	cfg = rest.CopyConfig(cfg)
	if cfg.UserAgent == "" {
		cfg.UserAgent = rest.DefaultKubernetesUserAgent()
	}
	cfg.QPS = float32(qps)
	if qps > 0 {
		cfg.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(float32(qps), burst)
	}
	return cfg
}
