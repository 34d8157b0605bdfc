package main

import (
	"fmt"
	"net"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// clients are what writes to the API server. All of them read from the manager's cache.
type clients struct {
	// claims has a connection and a rate of its own, so that what users wait for never queues behind a pool that fills.
	claims client.Client
	// sandboxes and pools are for everything else. The reads of each wait until the cache has observed its own writes.
	sandboxes, pools client.Client
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
	readYourWrites := client.Options{
		HTTPClient: mgr.GetHTTPClient(), Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(),
		Cache: &client.CacheOptions{Reader: mgr.GetCache(), EnableReadYourWritesConsistency: new(true)},
	}
	sandboxes, err := client.New(cfg, readYourWrites)
	if err != nil {
		return nil, fmt.Errorf("creating the client for Sandboxes: %w", err)
	}
	pools, err := client.New(cfg, readYourWrites)
	if err != nil {
		return nil, fmt.Errorf("creating the client for pools: %w", err)
	}
	return &clients{claims: claims, sandboxes: sandboxes, pools: pools}, nil
}
