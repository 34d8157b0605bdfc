package election

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// What keeps a replica from reconciling for good stops the process, which drains first.
func TestFailures(t *testing.T) {
	broken := errors.New("broken")
	for name, tc := range map[string]struct {
		change func(*replica)
		then   func(*store, *replica)
		want   error
		// holder is who has the Lease when the replica fails.
		holder string
	}{
		"a reconciler fails": {then: func(_ *store, r *replica) { r.broken <- broken }, want: broken},
		"a reconciler of a replica without a Lease fails": {
			change: func(r *replica) { r.Lock = nil },
			then:   func(_ *store, r *replica) { r.broken <- broken }, want: broken,
		},
		"reconcilers cannot be built": {
			change: func(r *replica) { r.Build = func() (*Reconcilers, error) { return nil, broken } },
			then:   func(*store, *replica) {}, want: broken,
		},
		"timings do not go together": {
			change: func(r *replica) { r.Timings.RenewDeadline = time.Minute },
			then:   func(*store, *replica) {},
		},
		"reconcilers hang when the Lease is lost": {
			change: func(r *replica) { r.hang = make(chan struct{}) },
			then:   func(s *store, _ *replica) { s.steal() }, want: errStillRunning, holder: "somebody",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &store{}
				r := s.start(t.Context(), "a", append([]func(*replica){}, orNothing(tc.change))...)
				wait(time.Second)
				tc.then(s, r)
				err := <-r.failed
				if tc.want != nil && !errors.Is(err, tc.want) {
					t.Errorf("fails with %v, want %v", err, tc.want)
				}
				if r.Leads() || s.holder() != tc.holder {
					t.Errorf("it leads: %t, and %q holds the Lease, want %q", r.Leads(), s.holder(), tc.holder)
				}
				synctest.Wait()
				select {
				case err := <-r.ended:
					t.Errorf("it ends before the process has drained: %v", err)
				default:
				}
				if ended := <-r.ended; !errors.Is(ended, err) {
					t.Errorf("it ends with %v, want %v", ended, err)
				}
				if r.hang != nil {
					close(r.hang)
				}
			})
		})
	}
}

func orNothing(change func(*replica)) func(*replica) {
	if change == nil {
		return func(*replica) {}
	}
	return change
}
