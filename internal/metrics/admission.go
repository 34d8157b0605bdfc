package metrics

import "github.com/prometheus/client_golang/prometheus"

// Admission counts the decisions of webhooks. Use NewAdmission.
type Admission struct {
	collectors

	decisions, errors *prometheus.CounterVec
}

// NewAdmission returns a collector with all counts at zero.
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

// Init creates the counters of webhook at zero, because a rate needs to start from an observed zero.
func (a *Admission) Init(webhook string) {
	a.decisions.WithLabelValues(webhook, allowed, "")
	a.decisions.WithLabelValues(webhook, failed, "")
	a.errors.WithLabelValues(webhook)
}

// CountAllowed counts a request that webhook allowed.
func (a *Admission) CountAllowed(webhook string) {
	a.decisions.WithLabelValues(webhook, allowed, "").Inc()
}

// CountRefused counts a request that webhook refused by that rule.
func (a *Admission) CountRefused(webhook, rule string) {
	a.decisions.WithLabelValues(webhook, refused, rule).Inc()
}

// CountFailed counts a request that webhook could not decide on.
func (a *Admission) CountFailed(webhook string) {
	a.decisions.WithLabelValues(webhook, failed, "").Inc()
	a.errors.WithLabelValues(webhook).Inc()
}
