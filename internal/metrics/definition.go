// Package metrics measures what the manager does. What is measured, and of what, is for rules to say; here it is counted.
//
// Each metric is defined once, in catalogue.go: from there come its name, labels and buckets in the program, and docs/metrics.md.
package metrics

import "github.com/prometheus/client_golang/prometheus"

// Type is Prometheus' type of a metric.
type Type string

// The types that there are.
const (
	Counter   Type = "counter"
	Gauge     Type = "gauge"
	Histogram Type = "histogram"
)

// Label is a label of a metric, and what its values mean.
type Label struct {
	Name, Meaning string
}

// Definition is a metric as Prometheus and its users know it.
type Definition struct {
	Name   string
	Type   Type
	Labels []Label
	Help   string
	// Buckets are the upper bounds of a histogram's.
	Buckets []float64
}

// Desc returns the definition for a collector that makes its samples when it is asked.
func (d Definition) Desc() *prometheus.Desc {
	return prometheus.NewDesc(d.Name, d.Help, d.labelNames(), nil)
}

func (d Definition) labelNames() []string {
	names := make([]string, len(d.Labels))
	for i, label := range d.Labels {
		names[i] = label.Name
	}
	return names
}

func (d Definition) counter() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: d.Name, Help: d.Help}, d.labelNames())
}

func (d Definition) histogram() *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: d.Name, Help: d.Help, Buckets: d.Buckets}, d.labelNames())
}

// collectors are several that are registered as one.
type collectors []prometheus.Collector

// Describe implements prometheus.Collector.
func (c collectors) Describe(descs chan<- *prometheus.Desc) {
	for _, one := range c {
		one.Describe(descs)
	}
}

// Collect implements prometheus.Collector.
func (c collectors) Collect(samples chan<- prometheus.Metric) {
	for _, one := range c {
		one.Collect(samples)
	}
}
