package metrics

import "github.com/prometheus/client_golang/prometheus"

// Admission counts what webhooks decide. Use NewAdmission.
type Admission struct {
	collectors

	decisions, errors *prometheus.CounterVec
}

// NewAdmission returns a collector that has counted nothing.
func NewAdmission() *Admission {
	a := &Admission{decisions: decisions.counter(), errors: admissionErrors.counter()}
	a.collectors = collectors{a.decisions, a.errors}
	return a
}

const (
	allowed = "allowed"
	refused = "refused"
	failed  = "error"
)

// Serve begins to count for a webhook: a rate needs to have seen zero.
func (a *Admission) Init(webhook string) {
	a.decisions.WithLabelValues(webhook, allowed, "")
	a.decisions.WithLabelValues(webhook, failed, "")
	a.errors.WithLabelValues(webhook)
}

// Allowed counts a request that webhook has allowed.
func (a *Admission) CountAllowed(webhook string) {
	a.decisions.WithLabelValues(webhook, allowed, "").Inc()
}

// Refused counts a request that webhook has refused by that rule.
func (a *Admission) CountRefused(webhook, rule string) {
	a.decisions.WithLabelValues(webhook, refused, rule).Inc()
}

// Failed counts a request that webhook could not decide on.
func (a *Admission) CountFailed(webhook string) {
	a.decisions.WithLabelValues(webhook, failed, "").Inc()
	a.errors.WithLabelValues(webhook).Inc()
}
