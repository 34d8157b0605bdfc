package metrics

import (
	"context"
	"strconv"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// collectTimeout limits how long a scrape waits for the cache.
const collectTimeout = 5 * time.Second

var (
	sandboxesDesc = sandboxes.Desc()
	desiredDesc   = poolDesired.Desc()
	replicasDesc  = poolReplicas.Desc()
	readyDesc     = poolReady.Desc()
	availableDesc = poolAvailable.Desc()
	claimsDesc    = claims.Desc()
)

// State counts the existing Sandboxes and pools at each scrape, so it never counts an object that is gone.
type State struct {
	// Cache is only read. State changes no object that it returns.
	Cache client.Reader
	// IsLeader reports whether this manager is the leader. Only the leader counts, because a sum over several managers
	// would be too large.
	IsLeader func() bool
	// Available returns how many Sandboxes of the pool with that UID a claim could be offered now.
	Available func(pool types.UID) int
	// Network is what the operator says of the network of Sandboxes.
	Network rules.Network
	Log     logr.Logger
}

// Describe implements prometheus.Collector.
func (*State) Describe(descs chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		sandboxesDesc, desiredDesc, replicasDesc, readyDesc, availableDesc, claimsDesc, policyMissingDesc,
	} {
		descs <- desc
	}
}

// Collect implements prometheus.Collector.
func (s *State) Collect(samples chan<- prometheus.Metric) {
	if !s.IsLeader() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout)
	defer cancel()
	if err := s.countSandboxes(ctx, samples); err != nil {
		s.Log.Error(err, "Sandboxes cannot be counted")
	}
	if err := s.countClaims(ctx, samples); err != nil {
		s.Log.Error(err, "Claims cannot be counted")
	}
	if err := s.countPools(ctx, samples); err != nil {
		s.Log.Error(err, "Pools cannot be counted")
	}
	if err := s.countPolicies(ctx, samples); err != nil {
		s.Log.Error(err, "NetworkPolicies cannot be counted")
	}
}

func (s *State) countSandboxes(ctx context.Context, samples chan<- prometheus.Metric) error {
	var list sandboxv1.SandboxList
	if err := s.Cache.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	groups := map[rules.SandboxSeries]int{}
	for i := range list.Items {
		groups[rules.SandboxSeriesOf(&list.Items[i])]++
	}
	for g, n := range groups {
		gauge(samples, sandboxesDesc, n, g.Namespace, strconv.FormatBool(g.Ready), strconv.FormatBool(g.Expired), g.LaunchType, g.Template,
			g.OwnedBy, g.CreatedBy, string(g.OperatingMode))
	}
	return nil
}

func (s *State) countClaims(ctx context.Context, samples chan<- prometheus.Metric) error {
	var list extensionsv1.SandboxClaimList
	if err := s.Cache.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	series := map[rules.ClaimSeries]int{}
	for i := range list.Items {
		series[rules.ClaimSeriesOf(&list.Items[i])]++
	}
	for c, n := range series {
		gauge(samples, claimsDesc, n, c.Namespace, strconv.FormatBool(c.Ready), c.Reason)
	}
	return nil
}

func (s *State) countPools(ctx context.Context, samples chan<- prometheus.Metric) error {
	var list extensionsv1.SandboxWarmPoolList
	if err := s.Cache.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	for i := range list.Items {
		pool := &list.Items[i]
		gauge(samples, desiredDesc, rules.Replicas(pool), pool.Namespace, pool.Name)
		gauge(samples, replicasDesc, int(pool.Status.Replicas), pool.Namespace, pool.Name)
		gauge(samples, readyDesc, int(pool.Status.ReadyReplicas), pool.Namespace, pool.Name)
		gauge(samples, availableDesc, s.Available(pool.UID), pool.Namespace, pool.Name)
	}
	return nil
}

func gauge(samples chan<- prometheus.Metric, desc *prometheus.Desc, value int, labels ...string) {
	samples <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, float64(value), labels...)
}
