package main

import (
	"flag"
	"fmt"
	"time"

	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/metrics"
)

const (
	// defaultAuditInterval is rare: a look at the cache finds what this finds, unless the cache itself is wrong.
	defaultAuditInterval = 10 * time.Minute
	// minAuditInterval keeps a list of everything from being made all the time.
	minAuditInterval = time.Minute
)

func (o *options) addAuditFlags(flags *flag.FlagSet) {
	flags.DurationVar(&o.auditInterval, "audit-interval", o.auditInterval,
		"How often the leader reads everything from the API server to look for what cannot be. Every 30 seconds it looks at what its cache shows. 0 turns the auditor off.")
}

func (o *options) checkAudit() error {
	if o.auditInterval != 0 && o.auditInterval < minAuditInterval {
		return fmt.Errorf("--audit-interval: found %s, must be at least %s, or 0 for no auditor", o.auditInterval, minAuditInterval)
	}
	return nil
}

// audited returns the metrics of the auditor, which are empty without one: a 0 that nobody has counted would be no news.
func (o *options) audited() *metrics.Audit {
	if o.auditInterval == 0 {
		return metrics.NewAudit(nil, nil)
	}
	return metrics.NewAudit(audit.IDs(audit.Violation), audit.IDs(audit.Warning))
}
