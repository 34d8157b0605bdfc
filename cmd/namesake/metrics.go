package main

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// retireInterval is how often series of what is gone are looked for. It is longer than the usual interval of scrapes.
const retireInterval = 2 * time.Minute

// register adds Namesake's own metrics to registry, which has those of controller-runtime. They are what the collectors
// count, whether this replica leads, and, while it does, what its cache and index hold.
func register(
	registry prometheus.Registerer, mgr manager.Manager, state metrics.State, leads func() bool, collectors ...prometheus.Collector,
) error {
	state.Cache, state.IsLeader, state.Log = mgr.GetCache(), leads, mgr.GetLogger().WithName("metrics")
	for _, collector := range append(collectors, metrics.NewLeader(leads), &state) {
		if err := registry.Register(collector); err != nil {
			return fmt.Errorf("registering metrics: %w", err)
		}
	}
	return nil
}

// retirer deletes, in every replica, the series of namespaces, templates and pools that are gone.
type retirer struct {
	cache  client.Reader
	claims *metrics.Claims
}

// Start implements manager.Runnable.
func (r *retirer) Start(ctx context.Context) error {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if alive, err := r.alive(ctx); err == nil { // An error means that the manager stops.
			r.claims.Retire(alive)
		}
	}, retireInterval)
	return nil
}

// NeedLeaderElection implements manager.LeaderElectionRunnable.
func (*retirer) NeedLeaderElection() bool { return false }

// alive returns what the cache holds now.
func (r *retirer) alive(ctx context.Context) (metrics.Alive, error) {
	var templates extensionsv1.SandboxTemplateList
	var pools extensionsv1.SandboxWarmPoolList
	var claims extensionsv1.SandboxClaimList
	for _, list := range []client.ObjectList{&templates, &pools, &claims} {
		if err := r.cache.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
			return nil, fmt.Errorf("listing what series are about: %w", err)
		}
	}
	return rules.AliveSeries(templates.Items, pools.Items, claims.Items), nil
}
