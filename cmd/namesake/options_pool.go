package main

import (
	"flag"
	"fmt"
	"math"
	"time"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

func defaultPoolSettings() rules.PoolSettings {
	return rules.PoolSettings{
		ReadinessGrace:       5 * time.Minute,
		UnschedulableRecheck: time.Minute,
		Evictable:            true,
		Refill:               rules.RefillLimits{Batch: 128, Probes: rules.DefaultProbes},
		StatusInterval:       time.Second,
	}
}

func addPoolFlags(flags *flag.FlagSet, pool *rules.PoolSettings) {
	flags.DurationVar(&pool.ReadinessGrace, "sandbox-warm-pool-readiness-grace-period", pool.ReadinessGrace,
		"How long a Sandbox in a pool may be not Ready, since it was created, was Ready the last time or got a node, before it is replaced.")
	flags.DurationVar(&pool.UnschedulableRecheck, "sandbox-warm-pool-unschedulable-recheck-interval", pool.UnschedulableRecheck,
		"When to look again at a Sandbox that is not replaced although it is not Ready: no node would take another, or its Pod would be refused, too.")
	flags.BoolVar(&pool.Evictable, "enable-warm-pool-eviction", pool.Evictable,
		"Let the cluster autoscaler evict Pods of Sandboxes in a pool, where the template does not say whether it may.")
	flags.IntVar(&pool.Refill.Batch, "sandbox-warm-pool-max-batch-size", pool.Refill.Batch,
		"Sandboxes that a pool creates before other pools get their turn. While so many wait for a node, it creates only a few.")
	flags.DurationVar(&pool.Refill.Delay, "sandbox-warm-pool-replenish-delay", pool.Refill.Delay,
		"How long a pool waits for more claims after it has lost a Sandbox, counted from the first loss, before it creates others. Not when it is new or is to be larger.")
	flags.Float64Var(&pool.Refill.Rate, "sandbox-warm-pool-max-refill-rate", pool.Refill.Rate,
		"Sandboxes that each pool creates a second, on the average; 0 for no limit.")
}

// checkPoolSettings returns every problem with the flags of pools.
func checkPoolSettings(pool rules.PoolSettings) []error {
	var errs []error
	if pool.Refill.Batch < 1 {
		errs = append(errs, fmt.Errorf("--sandbox-warm-pool-max-batch-size: found %d, must be at least 1", pool.Refill.Batch))
	}
	if rate := pool.Refill.Rate; math.IsNaN(rate) || math.IsInf(rate, 0) || rate < 0 {
		errs = append(errs, fmt.Errorf("--sandbox-warm-pool-max-refill-rate: found %v, must be positive, or 0 for no limit", rate))
	}
	if pool.ReadinessGrace <= 0 {
		errs = append(errs, fmt.Errorf("--sandbox-warm-pool-readiness-grace-period: found %s, must be positive", pool.ReadinessGrace))
	}
	if pool.Refill.Delay < 0 {
		errs = append(errs, fmt.Errorf("--sandbox-warm-pool-replenish-delay: found %s, must not be negative", pool.Refill.Delay))
	}
	if pool.UnschedulableRecheck <= 0 {
		errs = append(errs, fmt.Errorf("--sandbox-warm-pool-unschedulable-recheck-interval: found %s, must be positive", pool.UnschedulableRecheck))
	}
	return errs
}
