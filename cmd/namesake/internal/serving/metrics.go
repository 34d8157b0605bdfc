package serving

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namesake-sandbox/namesake/internal/metrics"
)

const timeout = time.Second

// NewMetrics returns gauges of the serving certificate: when it ends, whether the API server trusts it, and whether
// cert-manager looks after it. One more gauge says when the authority ends that the API server trusts. What is not known is
// left out.
func NewMetrics(trust *Trust, issuance *Issuance) prometheus.Collector {
	return &collector{
		trust: trust, issuance: issuance, certificate: metrics.CertificateExpiry.Desc(), authority: metrics.AuthorityExpiry.Desc(),
		trusted: metrics.Trusted.Desc(), issued: metrics.CertificateIssued.Desc(),
	}
}

type collector struct {
	trust    *Trust
	issuance *Issuance

	certificate, authority, trusted, issued *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descs chan<- *prometheus.Desc) {
	descs <- c.certificate
	descs <- c.authority
	descs <- c.trusted
	descs <- c.issued
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
	if c.issuance.Certificate.Name != "" {
		if issued, _, err := c.issuance.ask(ctx); err == nil {
			gauge(c.issued, truth(issued))
		}
	}
	ends, err := c.trust.Check(ctx)
	gauge(c.trusted, truth(err == nil))
	if err == nil {
		gauge(c.authority, float64(ends.Unix()))
	}
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
