package serving

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namesake-sandbox/namesake/observe/metrics"
)

const timeout = time.Second

// NewMetrics returns gauges of when the serving certificate ends, when the authority that the API server trusts does, and
// whether it trusts the certificate. What is not known is left out.
func NewMetrics(trust *Trust) prometheus.Collector {
	return &collector{
		trust: trust, certificate: metrics.CertificateExpiry.Desc(), authority: metrics.AuthorityExpiry.Desc(), trusted: metrics.Trusted.Desc(),
	}
}

type collector struct {
	trust                           *Trust
	certificate, authority, trusted *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	descs <- c.certificate
	descs <- c.authority
	descs <- c.trusted
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(samples chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	gauge := func(desc *prometheus.Desc, value float64) {
		samples <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value)
	}
	if leaf, _, err := c.trust.Certificate.Chain(); err == nil {
		gauge(c.certificate, float64(leaf.NotAfter.Unix()))
	}
	ends, err := c.trust.Check(ctx)
	if err != nil {
		gauge(c.trusted, 0)
		return
	}
	gauge(c.trusted, 1)
	gauge(c.authority, float64(ends.Unix()))
}
