// Package auditor looks, again and again, for what cannot be, and tells of it by a metric, an event and the log. Package audit says what
// that is. The auditor writes events only: it changes and deletes nothing.
package auditor

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

const (
	// every is the time between the beginnings of two looks.
	every = 30 * time.Second
	// atOnce is how many findings are confirmed at a time, and pause is the time until the next ones are. Each takes some reads.
	atOnce, pause = 50, 5 * time.Second
	// yieldFor is for how long a look waits for claims that are on their way, and for how long the pages of its lists do, in all: where
	// claims come all the time, each wait is as long as it may be.
	yieldFor = 2 * time.Second
	// outsideShare bounds what the list of foreign Pods costs: it takes this fraction of the time at the most. Waiting costs nothing.
	outsideShare = 20
)

// Auditor audits while it runs, which it does in the manager that leads. All fields are required, except Namespaces and Traffic.
type Auditor struct {
	// Cache holds the kinds that an audit reads; of Pods and NetworkPolicies those that have Namesake's labels. Live reads past it.
	Cache, Live client.Reader
	// Namespaces are those that the manager serves, none for all.
	Namespaces []string
	// Interval is the time between two looks at what the API server itself has. In between, the cache has to do.
	Interval time.Duration
	// Traffic knows the claims that are on their way, which come first.
	Traffic  *yield.Traffic
	Recorder recorder.EventRecorder
	Metrics  *metrics.Audit
	Clock    clock.Clock
	Log      logr.Logger

	// memory is of one run, as is all that follows.
	memory *audit.Memory
	// listed is when the API server was last read in full.
	listed time.Time
	// outside are the Pods that the cache leaves out and that an audit has to see; outsideAt is when they are listed again.
	outside   []client.Object
	outsideAt time.Time
	// patience is for how long claims may still go first.
	patience time.Duration
}

// Start implements manager.Runnable. It returns when ctx ends.
func (a *Auditor) Start(ctx context.Context) error {
	a.memory, a.listed, a.outside, a.outsideAt = audit.NewMemory(), a.Clock.Now(), nil, time.Time{}
	defer a.Metrics.Clear()
	next := a.Clock.Now()
	for {
		if !a.sleep(ctx, next.Sub(a.Clock.Now())) {
			return nil
		}
		next = a.Clock.Now().Add(every)
		complete := a.look(ctx)
		if !a.confirm(ctx, next) {
			return nil
		}
		a.report(complete)
	}
}

// confirm confirms what is due until it is time for the next look, and tells of what holds. It returns false when ctx ends.
func (a *Auditor) confirm(ctx context.Context, until time.Time) bool {
	for {
		a.step(ctx)
		due, waits := a.memory.Next()
		if wait := a.Clock.Now().Add(pause); due.Before(wait) {
			due = wait
		}
		if !waits || !due.Before(until) {
			return ctx.Err() == nil
		}
		if !a.sleep(ctx, due.Sub(a.Clock.Now())) {
			return false
		}
	}
}

// step confirms some of what is due.
func (a *Auditor) step(ctx context.Context) {
	source := a.source()
	for _, finding := range a.memory.Due(a.Clock.Now(), atOnce) {
		holds, err := source.Confirm(ctx, &finding)
		if ctx.Err() != nil {
			return
		}
		if err != nil { // It stays due.
			a.Log.Info("A finding cannot be confirmed, and is tried again", "check", finding.Check, "error", err.Error())
			return
		}
		if a.memory.Confirmed(&finding, holds, a.Clock.Now()) {
			a.tell(&finding)
		}
	}
	a.count()
}

// source reads live, and lets claims that are on their way go first.
func (a *Auditor) source() *audit.Source {
	return &audit.Source{Reader: a.Live, Pause: a.yield}
}

// yield waits while claims are on their way, as long as there is patience. It returns ctx's error.
func (a *Auditor) yield(ctx context.Context) error {
	const step = 100 * time.Millisecond
	for a.patience > 0 && a.Traffic.Busy() && ctx.Err() == nil {
		began := a.Clock.Now()
		a.sleep(ctx, step)
		a.patience -= a.Clock.Since(began)
	}
	return ctx.Err()
}

// sleep waits, and returns false when ctx ends.
func (a *Auditor) sleep(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := a.Clock.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C():
		return true
	}
}
