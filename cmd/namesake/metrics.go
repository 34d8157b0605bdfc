package main

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/namesake-sandbox/namesake/internal/metrics"
)

// register adds Namesake's own metrics to registry, which has those of controller-runtime. They are what the collectors
// count, whether this replica leads, and, while it does, what the cache of mgr holds.
func register(registry prometheus.Registerer, mgr manager.Manager, leads func() bool, collectors ...prometheus.Collector) error {
	state := &metrics.State{Cache: mgr.GetCache(), Log: mgr.GetLogger().WithName("metrics"), IsLeader: leads}
	for _, collector := range append(collectors, metrics.NewLeader(leads), state) {
		if err := registry.Register(collector); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return nil
}
