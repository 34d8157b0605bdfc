package main

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// register adds Namesake's own metrics to registry, which has those of controller-runtime. They are what the collectors
// count and, once mgr leads, what its cache holds.
func register(registry prometheus.Registerer, mgr manager.Manager, router rules.Router, collectors ...prometheus.Collector) error {
	state := &metrics.State{Cache: mgr.GetCache(), Router: router, Log: mgr.GetLogger().WithName("metrics"), IsLeader: func() bool {
		select {
		case <-mgr.Elected():
			return true
		default:
			return false
		}
	}}
	for _, collector := range append(collectors, state) {
		if err := registry.Register(collector); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return nil
}
