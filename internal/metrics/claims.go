package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Claims measures how claims get their Sandboxes. Use NewClaims.
type Claims struct {
	collectors

	fromWebhook, fromController, fromClient, creation *prometheus.HistogramVec
	provisions, conflicts                             *prometheus.CounterVec
	retired                                           retired
}

// NewClaims returns a collector with all counts at zero.
func NewClaims() *Claims {
	c := &Claims{
		fromWebhook: webhookStartup.histogram(), fromController: controllerStartup.histogram(), fromClient: clientStartup.histogram(),
		creation: sandboxCreation.histogram(), provisions: provisions.counter(), conflicts: conflicts.counter(),
	}
	c.collectors = collectors{c.fromWebhook, c.fromController, c.fromClient, c.creation, c.provisions, c.conflicts}
	return c
}

// ObserveStartup records how long a claim took until it was first Ready.
func (c *Claims) ObserveStartup(s rules.Startup) {
	observe(c.fromWebhook, s.SinceWebhook, s.LaunchType, s.Template)
	observe(c.fromController, s.SinceController, s.LaunchType, s.Template)
	observe(c.fromClient, s.SinceClient, s.LaunchType, s.Template)
	observe(c.creation, s.Creation, s.Namespace, s.LaunchType, s.Template)
}

func observe(histogram *prometheus.HistogramVec, took *time.Duration, labels ...string) {
	if took != nil {
		histogram.WithLabelValues(labels...).Observe(float64(*took) / float64(time.Millisecond))
	}
}

// CountProvision counts a Sandbox that a claim adopted, or that was created for it.
func (c *Claims) CountProvision(p rules.Provision) {
	condition := "not_ready"
	if p.Ready {
		condition = "ready"
	}
	c.provisions.WithLabelValues(p.Namespace, p.Template, p.LaunchType, p.Pool, condition, p.CreatedBy).Inc()
}

// CountRebound counts a claim in that namespace whose binding had to be rewritten.
func (c *Claims) CountRebound(namespace string) { c.conflicts.WithLabelValues(namespace).Inc() }
