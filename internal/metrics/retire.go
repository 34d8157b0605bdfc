package metrics

import (
	"fmt"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Alive reports whether series with these values of the labels namespace, sandbox_template and warmpool_name are still of use.
// A value is empty where a metric does not have the label.
type Alive func(namespace, template, pool string) bool

// Retire deletes the series of namespaces, templates and pools that are gone. A series goes at the second call in a row that
// finds it no longer alive, so that a scrape between the two still sees its last value. Whoever comes back begins at zero.
func (c *Claims) Retire(alive Alive) {
	for _, vec := range []vector{c.fromWebhook, c.fromController, c.fromClient, c.creation, c.provisions, c.conflicts} {
		c.retired.sweep(vec, alive)
	}
}

// vector is a family of series.
type vector interface {
	prometheus.Collector
	Delete(labels prometheus.Labels) bool
}

// retired remembers which series were no longer alive at the last sweep.
type retired struct {
	mu   sync.Mutex
	seen map[vector]map[string]bool
}

func (r *retired) sweep(vec vector, alive Alive) {
	r.mu.Lock()
	defer r.mu.Unlock()
	gone := map[string]bool{}
	for _, labels := range seriesOf(vec) {
		if alive(labels[namespace.Name], labels[template.Name], labels[poolName.Name]) {
			continue
		}
		key := fmt.Sprint(labels) // in the order of the keys
		if r.seen[vec][key] {
			vec.Delete(labels)
			continue
		}
		gone[key] = true
	}
	if r.seen == nil {
		r.seen = map[vector]map[string]bool{}
	}
	r.seen[vec] = gone
}

// seriesOf returns the labels of each series of vec.
func seriesOf(vec prometheus.Collector) []prometheus.Labels {
	metrics := make(chan prometheus.Metric)
	go func() {
		defer close(metrics)
		vec.Collect(metrics)
	}()
	var all []prometheus.Labels
	for metric := range metrics {
		var sample dto.Metric
		if metric.Write(&sample) != nil {
			continue // A metric of a vector can always be written.
		}
		labels := prometheus.Labels{}
		for _, pair := range sample.GetLabel() {
			labels[pair.GetName()] = pair.GetValue()
		}
		all = append(all, labels)
	}
	return all
}
