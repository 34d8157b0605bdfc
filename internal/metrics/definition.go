// Package metrics counts and measures what the manager does. Package rules decides what a claim or a Sandbox counts as.
//
// Each metric is defined once, in catalogue.go. Its name, labels and buckets in the program, and its entry in
// docs/metrics.md, come from there.
package metrics

import "github.com/prometheus/client_golang/prometheus"

// Type is the type of a metric in Prometheus.
type Type string

// These are the types in use.
const (
	Counter   Type = "counter"
	Gauge     Type = "gauge"
	Histogram Type = "histogram"
)

// Label is a label of a metric, with the meaning of its values.
type Label struct {
	Name, Meaning string
}

// Definition describes a metric as Prometheus and its users know it.
type Definition struct {
	Name   string
	Type   Type
	Labels []Label
	Help   string
	// Buckets are the upper bounds of a histogram's buckets.
	Buckets []float64
}

// Desc returns the description for a collector that makes its samples at each scrape.
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

// collectors are several collectors that are registered as one.
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
