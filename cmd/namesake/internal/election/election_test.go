package election

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// timings are those of the program.
var timings = Timings{LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 300 * time.Millisecond}

// replica is an election in a replica, and what became of it.
type replica struct {
	*Election

	terms   atomic.Int32
	running atomic.Int32
	// hang keeps reconcilers from ending; broken makes them fail.
	hang   chan struct{}
	broken chan error
	stop   context.CancelFunc
	failed chan error
	ended  chan error
}

// start starts a replica that runs until its stop. Its Fail stops it, after a while, as the program does.
func (s *store) start(ctx context.Context, identity string, change ...func(*replica)) *replica {
	r := &replica{broken: make(chan error, 1), failed: make(chan error, 1), ended: make(chan error, 1)}
	ctx, r.stop = context.WithCancel(ctx)
	r.Election = &Election{
		Lock: &lock{store: s, identity: identity}, Name: "l", Timings: timings, Log: logr.Discard(),
		Fail: func(err error) {
			r.failed <- err
			time.AfterFunc(5*time.Second, r.stop)
		},
		Build: func() (*Reconcilers, error) {
			reconcilers := &Reconcilers{cache: &trackedCache{}}
			err := reconcilers.Add(manager.RunnableFunc(r.reconcile))
			return reconcilers, err
		},
	}
	for _, c := range change {
		c(r)
	}
	go func() { r.ended <- r.Start(ctx) }()
	return r
}

func (r *replica) reconcile(ctx context.Context) error {
	r.terms.Add(1)
	r.running.Add(1)
	defer r.running.Add(-1)
	select {
	case err := <-r.broken:
		return err
	case <-ctx.Done():
	}
	if r.hang != nil {
		<-r.hang
	}
	return nil
}

// wait lets d pass, by the clock of the bubble.
func wait(d time.Duration) {
	<-time.NewTimer(d).C
	synctest.Wait()
}

func (r *replica) check(t *testing.T, when string, leads bool) {
	t.Helper()
	if r.Leads() != leads || (r.running.Load() == 1) != leads {
		t.Errorf("%s: leads %t, and %d reconcilers run; want %t", when, r.Leads(), r.running.Load(), leads)
	}
}

func TestOneLeadsAndTheOtherFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		first := s.start(t.Context(), "a")
		synctest.Wait()
		second := s.start(t.Context(), "b")
		wait(10 * time.Second)
		first.check(t, "the first", true)
		second.check(t, "the second", false)

		began := time.Now() // The clock of the bubble.
		first.stop()
		if err := <-first.ended; err != nil {
			t.Error(err)
		}
		if s.releases != 1 {
			t.Errorf("the Lease was given back %d times", s.releases)
		}
		for !second.Leads() {
			wait(10 * time.Millisecond)
		}
		// Another looks every 1 to 2.2 retry periods.
		if took := time.Since(began); took > 660*time.Millisecond+10*time.Millisecond {
			t.Errorf("after the leader has stopped, the other leads in %s", took)
		}
		second.stop()
		if err := <-second.ended; err != nil {
			t.Error(err)
		}
	})
}

// The bound is that of defaultElection in cmd/namesake. A hundred trials, since client-go draws its waits at random.
func TestAKilledLeaderIsReplacedInTime(t *testing.T) {
	const bound = 4320 * time.Millisecond
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			s := &store{}
			first := s.start(t.Context(), "a")
			synctest.Wait()
			second := s.start(t.Context(), "b")
			wait(5 * time.Second)
			s.kill(first)
			began := time.Now() // The clock of the bubble.
			for !second.Leads() {
				wait(5 * time.Millisecond)
			}
			if took := time.Since(began); took > bound+5*time.Millisecond {
				t.Errorf("the other leads after %s, at most %s are promised", took, bound)
			}
			first.stop()
			second.stop()
			if err := errors.Join(<-first.ended, <-second.ended); err != nil {
				t.Error(err)
			}
		})
	}
}

// kill cuts a replica off from the API server for ever.
func (*store) kill(r *replica) { r.Lock.(*lock).store = &store{unreachable: errors.New("killed")} }

func TestALostLease(t *testing.T) {
	forbidden := apierrors.NewForbidden(leases, "l", errors.New("no RoleBinding"))
	for name, tc := range map[string]struct {
		lose func(*store)
		back func(*store)
	}{
		"is taken by somebody, who never renews it": {lose: (*store).steal, back: func(*store) {}},
		"cannot be renewed for a while":             {lose: func(s *store) { s.fail(errors.New("timeout")) }, back: func(s *store) { s.fail(nil) }},
		"may not be written for a while":            {lose: func(s *store) { s.fail(forbidden) }, back: func(s *store) { s.fail(nil) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				r := s.start(t.Context(), "a")
				wait(time.Second)
				r.check(t, "at first", true)

				tc.lose(s)
				wait(timings.RenewDeadline + 2*timings.RetryPeriod)
				r.check(t, "when the Lease is lost", false)
				select {
				case err := <-r.failed:
					t.Errorf("the process stops: %v", err)
				case err := <-r.ended:
					t.Errorf("the election ends: %v", err)
				default:
				}
				tc.back(s)
				wait(timings.LeaseDuration + 3*timings.RetryPeriod)
				r.check(t, "when the Lease is free again", true)
				if got := r.terms.Load(); got != 2 {
					t.Errorf("%d terms, want 2", got)
				}
				r.stop()
				if err := <-r.ended; err != nil || s.holder() != "" {
					t.Errorf("told to stop, it ends with %v and leaves the Lease to %q", err, s.holder())
				}
			})
		})
	}
}

func TestNobodyCanLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{unreachable: apierrors.NewForbidden(leases, "l", errors.New("no RoleBinding"))}
		first, second := s.start(t.Context(), "a"), s.start(t.Context(), "b")
		wait(2 * time.Minute)
		for _, r := range []*replica{first, second} {
			r.check(t, "without rights", false)
			r.stop()
			if err := <-r.ended; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestWithoutALeaseEachLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		withoutLock := func(r *replica) { r.Lock = nil }
		first, second := s.start(t.Context(), "a", withoutLock), s.start(t.Context(), "b", withoutLock)
		synctest.Wait()
		for _, r := range []*replica{first, second} {
			r.check(t, "without a Lease", true)
			r.stop()
			if err := <-r.ended; err != nil || r.Leads() {
				t.Errorf("it ends with %v, and leads: %t", err, r.Leads())
			}
		}
	})
}

// The Lease stays with a replica until its reconcilers have ended: another would lead while they still write.
func TestTheLeaseOutlivesTheReconcilers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &store{}
		first := s.start(t.Context(), "a", func(r *replica) { r.hang = make(chan struct{}) })
		synctest.Wait()
		second := s.start(t.Context(), "b")
		wait(time.Second)
		first.stop()
		wait(EndTimeout - time.Second)
		if s.holder() != "a" || first.Leads() {
			t.Errorf("%q holds the Lease, and the first leads: %t", s.holder(), first.Leads())
		}
		second.check(t, "while the first still runs", false)
		close(first.hang)
		if err := <-first.ended; err != nil {
			t.Error(err)
		}
		wait(time.Second)
		second.check(t, "when the first has ended", true)
		second.stop()
		if err := <-second.ended; err != nil {
			t.Error(err)
		}
	})
}

// A request to renew may be stored after it was cancelled. The Lease is given back all the same.
func TestTheLeaseIsGivenBackInSpiteOfAConflict(t *testing.T) {
	s := &store{}
	own := &lock{store: s, identity: "a"}
	if err := own.Create(t.Context(), resourcelock.LeaderElectionRecord{HolderIdentity: "a"}); err != nil {
		t.Fatal(err)
	}
	e := &Election{Lock: &late{lock: own}, Timings: timings, Log: logr.Discard()}
	e.release(t.Context())
	if s.holder() != "" {
		t.Errorf("%q holds the Lease", s.holder())
	}
}

// late is a lock by which a renewal is stored once, between a read and the next write.
type late struct {
	*lock

	once sync.Once
}

func (l *late) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	l.once.Do(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.version++
	})
	return l.lock.Update(ctx, record)
}
