package main

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
	"github.com/namesake-sandbox/namesake/test/chaos/site"
)

// collector decides when Kubernetes' garbage collector has to begin again, because it has lost track of an object: the README says
// how. A fresh one knows what there is. What a fresh one leaves as well, the verdict is about.
type collector struct {
	// restarts is how often it had to begin again.
	restarts int
	// known holds what was stuck at a restart.
	known map[types.UID]bool
}

// lost takes what is stuck, and returns what was not at any restart before. If there is any, the garbage collector has to begin again.
func (c *collector) lost(stuck []judge.Stuck) []judge.Stuck {
	var lost []judge.Stuck
	for _, s := range stuck {
		if !c.known[s.UID] {
			lost = append(lost, s)
		}
	}
	return lost
}

// restarted takes what is stuck when the garbage collector begins again.
func (c *collector) restarted(stuck []judge.Stuck) {
	c.restarts++
	if c.known == nil {
		c.known = map[types.UID]bool{}
	}
	for _, s := range stuck {
		c.known[s.UID] = true
	}
}

// collect lets the garbage collector begin again if it has lost track of what is stuck. It is part of kube-controller-manager.
func (r *chaosRun) collect(ctx context.Context, stuck []judge.Stuck) error {
	lost := r.collector.lost(stuck)
	if len(lost) == 0 {
		return nil
	}
	for _, s := range lost {
		say("the garbage collector has lost track of %s", s.Subject)
	}
	r.collector.restarted(stuck)
	err := errors.Join(r.site.Kill(ctx, site.ControllerManager, 0), r.site.Start(ctx, site.ControllerManager, ""))
	if err == nil {
		say("kube-controller-manager was started again, for its garbage collector")
	}
	return err
}
