package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	// What a manager serves beside this is registered by its packages.
	_ "sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/serving"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/test/named"
)

// described returns the names that collectors describe.
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

// own are the collectors that the program registers.
func own() []prometheus.Collector {
	return []prometheus.Collector{
		metrics.NewClaims(), metrics.NewAdmission(), metrics.NewBuild("dev"), &metrics.State{}, serving.NewMetrics(nil, nil),
	}
}

// What is explained is served, and what is served is explained.
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

// An alert on a metric that is not there is silent for ever.
func TestAlertsAndDashboardAskForWhatIsServed(t *testing.T) {
	served := described(t, own()...)
	registry := ctrlmetrics.Registry
	for _, name := range named.Metrics(t, filepath.Join("..", "..")) {
		if slices.Contains(served, name) {
			continue
		}
		// What has no samples yet is not gathered. But a name that is taken is refused for another metric.
		other := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: "Is the name taken?"})
		if err := registry.Register(other); err == nil {
			registry.Unregister(other)
			t.Errorf("%s is asked for, and not served", name)
		}
	}
}
