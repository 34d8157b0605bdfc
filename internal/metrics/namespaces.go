package metrics

import "github.com/prometheus/client_golang/prometheus"

var leftOutDesc = leftOut.Desc()

// LeftOut tells of the namespaces, by name, that a manager was to serve and leaves out. They are fixed when it starts.
type LeftOut []string

// Describe implements prometheus.Collector.
func (LeftOut) Describe(descs chan<- *prometheus.Desc) { descs <- leftOutDesc }

// Collect implements prometheus.Collector.
func (l LeftOut) Collect(samples chan<- prometheus.Metric) {
	for _, namespace := range l {
		gauge(samples, leftOutDesc, 1, namespace)
	}
}
