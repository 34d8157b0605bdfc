package metrics

import "github.com/prometheus/client_golang/prometheus"

var unreadableDesc = unreadable.Desc()

// Unreadable counts the unreadable objects that a manager's cache leaves out, at each scrape. Count returns their number by
// kind.
type Unreadable struct{ Count func() map[string]int }

// Describe implements prometheus.Collector.
func (Unreadable) Describe(descs chan<- *prometheus.Desc) { descs <- unreadableDesc }

// Collect implements prometheus.Collector.
func (u Unreadable) Collect(samples chan<- prometheus.Metric) {
	for kind, n := range u.Count() {
		gauge(samples, unreadableDesc, n, kind)
	}
}
