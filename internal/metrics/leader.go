package metrics

import "github.com/prometheus/client_golang/prometheus"

// NewLeader returns a collector of whether this manager reconciles, as leads says at each scrape. A manager has the series from
// its start to its end, so an alert can tell that nobody leads.
func NewLeader(leads func() bool) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: leader.Name, Help: leader.Help}, func() float64 {
		if leads() {
			return 1
		}
		return 0
	})
}
