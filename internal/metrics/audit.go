package metrics

import (
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// How an audit looked: the values of the label look.
const (
	AuditOfCache = "cache"
	AuditOfList  = "list"
)

var (
	violationsDesc = violations.Desc()
	warningsDesc   = warnings.Desc()
	auditedDesc    = audited.Desc()
)

// Audit holds what the auditor of this manager has found. Every manager has a series of each check, so that an alert can rely on it. Use
// NewAudit. It is safe for concurrent use.
type Audit struct {
	violations, warnings []string

	mu       sync.Mutex
	found    map[string]int
	complete map[string]time.Time
}

// NewAudit returns an Audit with these checks that find violations, and these that warn.
func NewAudit(violations, warnings []string) *Audit {
	return &Audit{violations: violations, warnings: warnings, found: map[string]int{}, complete: map[string]time.Time{}}
}

// Set says how many findings of each check hold.
func (a *Audit) Set(found map[string]int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.found = maps.Clone(found)
}

// Complete says that a look has seen everything at a time.
func (a *Audit) Complete(look string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.complete[look] = at
}

// Clear says that this manager audits no more, and knows of nothing.
func (a *Audit) Clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.complete)
	a.found = map[string]int{}
}

// Describe implements prometheus.Collector.
func (*Audit) Describe(descs chan<- *prometheus.Desc) {
	descs <- violationsDesc
	descs <- warningsDesc
	descs <- auditedDesc
}

// Collect implements prometheus.Collector.
func (a *Audit) Collect(samples chan<- prometheus.Metric) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, check := range a.violations {
		gauge(samples, violationsDesc, a.found[check], check)
	}
	for _, check := range a.warnings {
		gauge(samples, warningsDesc, a.found[check], check)
	}
	for look, at := range a.complete {
		gauge(samples, auditedDesc, int(at.Unix()), look)
	}
}
