// Package election decides which replica reconciles, by a Lease. A replica that loses the Lease stops reconciling and nothing
// else: it goes on serving admission, and is a candidate again.
package election

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// EndTimeout is how long the reconcilers have to end when the replica does not lead any more. Their context is cancelled, and
// so are their requests: they end within milliseconds, unless one hangs.
const EndTimeout = 10 * time.Second

// Timings are how long the parts of an election take. The lease duration is in whole seconds, and longer than the renew
// deadline, which is longer than 1.2 retry periods.
type Timings struct {
	// LeaseDuration is how long a candidate waits after it has last seen the leader renew the Lease.
	LeaseDuration time.Duration
	// RenewDeadline is how long the leader tries to renew the Lease before it stops to lead.
	RenewDeadline time.Duration
	// RetryPeriod is the time between two renewals, and the least time between two looks of a candidate.
	RetryPeriod time.Duration
}

// Election runs the reconcilers in one replica of several. It is a manager.Runnable.
type Election struct {
	// Lock is the Lease. If it is nil, every replica reconciles, from its start to its end.
	Lock resourcelock.Interface
	// Name is the name of the Lease in the metrics of client-go.
	Name    string
	Timings Timings
	// Build returns the reconcilers of one term, which run once. It is called before each term: what they have in memory is of
	// no use after a term of another replica.
	Build func() (*Reconcilers, error)
	// Fail makes the process stop as it does when it is told to, with admission served until nobody calls. It is called when
	// the replica can reconcile no more: the reconcilers cannot be built, fail, or do not end.
	Fail func(error)
	Log  logr.Logger

	leads atomic.Bool
}

var _ manager.LeaderElectionRunnable = (*Election)(nil)

// NeedLeaderElection implements manager.LeaderElectionRunnable: controller-runtime elects nobody.
func (*Election) NeedLeaderElection() bool { return false }

// Leads says whether this replica reconciles.
func (e *Election) Leads() bool { return e.leads.Load() }

// Start implements manager.Runnable. It returns when ctx is done, the reconcilers have ended, and the Lease is given back. If
// the replica cannot reconcile any more, it says so by Fail, and returns why when ctx is done.
func (e *Election) Start(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := e.term(ctx); err != nil {
			e.Fail(err)
			<-ctx.Done()
			return err
		}
	}
	return nil
}

// term waits until this replica leads, and runs the reconcilers until it does not.
func (e *Election) term(ctx context.Context) error {
	reconcilers, err := e.Build()
	if err != nil {
		return fmt.Errorf("building the reconcilers: %w", err)
	}
	defer reconcilers.close()
	if e.Lock == nil {
		return e.lead(ctx, ctx, reconcilers)
	}
	// The Lease is held for longer than ctx: until the reconcilers have ended.
	candidacy, resign := context.WithCancel(logr.NewContext(context.WithoutCancel(ctx), e.Log))
	defer resign()
	elected, over := make(chan context.Context, 1), make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: e.Lock, Name: e.Name,
		LeaseDuration: e.Timings.LeaseDuration, RenewDeadline: e.Timings.RenewDeadline, RetryPeriod: e.Timings.RetryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(holding context.Context) { elected <- holding },
			OnStoppedLeading: func() {},
		},
		// The elector would give back a Lease that it failed to renew, too, while the reconcilers still run.
		ReleaseOnCancel: false,
	})
	if err != nil {
		return fmt.Errorf("electing a leader: %w", err)
	}
	go func() {
		defer close(over)
		elector.Run(candidacy)
	}()
	select {
	case <-ctx.Done():
	case holding := <-elected:
		err = e.lead(ctx, holding, reconcilers)
	}
	lost := err == nil && ctx.Err() == nil
	resign()
	<-over
	switch {
	case lost:
		e.Log.Info("The Lease is lost: the reconcilers have ended, and this replica is a candidate again")
	case !errors.Is(err, errStillRunning):
		e.release(ctx)
	}
	return err
}

// errStillRunning is that reconcilers have not ended in time.
var errStillRunning = fmt.Errorf("the reconcilers have not ended within %s", EndTimeout)

// lead runs reconcilers until ctx or holding ends, or one of them fails. It returns when they have ended.
func (e *Election) lead(ctx, holding context.Context, reconcilers *Reconcilers) error {
	leading, cancel := context.WithCancel(holding)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	e.leads.Store(true)
	defer e.leads.Store(false)

	ended := make(chan error, 1)
	go func() { ended <- reconcilers.run(leading) }()
	select {
	case err := <-ended:
		return err
	case <-leading.Done():
	}
	e.leads.Store(false)
	timer := time.NewTimer(EndTimeout)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		return errStillRunning
	}
}
