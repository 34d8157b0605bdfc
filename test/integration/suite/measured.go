package suite

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Measured returns the values of collector as "name label=value ...": counters and gauges above zero, and the count and the
// sum of histograms.
func Measured(t *testing.T, collector prometheus.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	if err := registry.Register(collector); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var labels strings.Builder
			for _, pair := range metric.GetLabel() {
				labels.WriteString(" " + pair.GetName() + "=" + pair.GetValue())
			}
			switch h := metric.GetHistogram(); {
			case h != nil:
				found[family.GetName()+"_count"+labels.String()] = float64(h.GetSampleCount())
				found[family.GetName()+"_sum"+labels.String()] = h.GetSampleSum()
			case metric.GetCounter().GetValue() > 0:
				found[family.GetName()+labels.String()] = metric.GetCounter().GetValue()
			case metric.GetGauge().GetValue() > 0:
				found[family.GetName()+labels.String()] = metric.GetGauge().GetValue()
			}
		}
	}
	return found
}

// Decisions returns the decisions of the webhooks in this package's tests, in the form of Measured.
func Decisions(t *testing.T) map[string]float64 {
	t.Helper()
	return Measured(t, shared.admission)
}
