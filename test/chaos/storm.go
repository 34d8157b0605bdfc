package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/namesake-sandbox/namesake/test/chaos/judge"
	"github.com/namesake-sandbox/namesake/test/chaos/plan"
)

// atOnce is how many operations are on their way at a time. While nothing answers, more would only pile up.
const atOnce = 24

// storm carries out the plan. On a slow machine, where programs take long to be ready again, the last faults are left
// out. An error of a fault ends the run: then it is not known what runs.
func (r *chaosRun) storm(ctx context.Context, fail context.CancelCauseFunc) {
	began := time.Now()
	say("operations and faults begin")
	var going sync.WaitGroup
	for _, lane := range r.plan.Lanes() {
		going.Go(func() {
			for _, f := range lane {
				if !until(ctx, began.Add(f.At)) {
					return
				}
				if late := time.Since(began) - r.plan.Duration; late > 0 {
					say("left out, %s after the end of the plan: %s", late.Round(time.Second), f.Kind)
					continue
				}
				if err := r.strike(ctx, f); err != nil {
					fail(fmt.Errorf("%s: %w", f.Kind, err))
					return
				}
			}
		})
	}
	free := make(chan struct{}, atOnce)
	for _, o := range r.plan.Operations {
		if !until(ctx, began.Add(o.At)) {
			break
		}
		select {
		case free <- struct{}{}:
		default:
			r.tally.skipped(o.Kind)
			continue
		}
		going.Go(func() {
			outcome, err := r.users.Do(ctx, o)
			r.tally.operation(o.Kind, outcome, err)
			<-free
		})
	}
	going.Wait()
	say("operations and faults are over, after %s", time.Since(began).Round(time.Second))
}

// strike lets a fault begin, waits, and ends it.
func (r *chaosRun) strike(ctx context.Context, f plan.Fault) error {
	say("fault: %s, for %s", f.Kind, f.For)
	if f.Kind == plan.ClockJump {
		r.observer.Note(judge.Note{Deed: judge.ClocksApart})
	}
	if f.Kind == plan.WebhooksRemoved {
		r.observer.Note(judge.Note{Deed: judge.Unguarded})
	}
	mend, err := r.injector.Strike(ctx, f)
	if err != nil {
		return err
	}
	until(ctx, time.Now().Add(f.For))
	if err := mend(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("ending it: %w", err)
	}
	if f.Kind == plan.WebhooksRemoved {
		r.observer.Note(judge.Note{Deed: judge.Guarded})
	}
	say("over: %s", f.Kind)
	r.tally.fault(f.Kind)
	return nil
}

// until waits until a time, and returns false if the run ends before.
func until(ctx context.Context, at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
