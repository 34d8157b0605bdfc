package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	// This package registers further metrics that a manager serves.
	_ "sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/test/named"
)

// described returns the names of the metrics that collectors describe.
func described(t *testing.T, collectors ...prometheus.Collector) []string {
	t.Helper()
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		for _, collector := range collectors {
			collector.Describe(descs)
		}
	}()
	var names []string
	for desc := range descs {
		_, rest, _ := strings.Cut(desc.String(), `fqName: "`)
		name, _, _ := strings.Cut(rest, `"`)
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// own returns the collectors that the program registers.
func own() []prometheus.Collector {
	return []prometheus.Collector{
		metrics.NewClaims(), metrics.NewAdmission(), metrics.NewBuild("dev"), &metrics.State{}, metrics.NewLeader(nil), metrics.Unreadable{},
		metrics.LeftOut{}, serving.NewMetrics(nil, nil), defaults().audited(),
	}
}

// TestEveryMetricIsExplained checks that every explained metric is served, and that every served metric is explained.
func TestEveryMetricIsExplained(t *testing.T) {
	var explained []string
	for _, definition := range metrics.All() {
		explained = append(explained, definition.Name)
	}
	slices.Sort(explained)
	if served := described(t, own()...); !slices.Equal(served, explained) {
		t.Errorf("served are\n%q, explained are\n%q", served, explained)
	}
}

// TestAlertsAndDashboardAskForWhatIsServed checks that alerts and the dashboard use only metrics that are served. An alert
// on a metric that is not there is silent for ever.
func TestAlertsAndDashboardAskForWhatIsServed(t *testing.T) {
	served := described(t, own()...)
	registry := ctrlmetrics.Registry
	for _, name := range named.Metrics(t, filepath.Join("..", "..")) {
		if slices.Contains(served, name) {
			continue
		}
		// A metric without samples is not gathered. But the registry refuses another metric of a name that is taken.
		other := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: "Is the name taken?"})
		if err := registry.Register(other); err == nil {
			registry.Unregister(other)
			t.Errorf("%s is asked for, and not served", name)
		}
	}
}
