package main

import (
	"errors"
	"flag"
	"fmt"
	"time"

	"k8s.io/client-go/tools/leaderelection"

	"github.com/namesake-sandbox/namesake/cmd/namesake/internal/election"
)

// defaultElection returns timings with which another replica reconciles within five seconds of the leader's death.
//
// A candidate looks at the Lease every 1 to 2.2 retry periods: client-go adds up to 1.2 of them at random. In the worst case the
// leader dies right after a renewal. A candidate sees this renewal 0.66 s later, waits for the lease duration, and looks again
// another 0.66 s later. That is 4.32 s. The rest is for the requests and for the start of the reconcilers, which find a warm
// cache. The average is 3.3 s.
//
// The price is 3.3 writes a second to the Lease, and a leader that stops reconciling if the API server does not answer it for
// two seconds. It leads again when the API server answers. Admission does not depend on the Lease.
func defaultElection() election.Timings {
	return election.Timings{LeaseDuration: 3 * time.Second, RenewDeadline: 2 * time.Second, RetryPeriod: 300 * time.Millisecond}
}

func (o *options) addElectionFlags(flags *flag.FlagSet) {
	flags.BoolVar(&o.leaderElect, "leader-elect", o.leaderElect,
		"Elect one replica to reconcile. Without it every replica does: nothing is bound twice, but more writes are refused, and "+
			"replicas that fill one pool at once may create more than it asks for; what is too many is deleted again.")
	flags.StringVar(&o.leaderElectNamespace, "leader-election-namespace", o.leaderElectNamespace,
		"Namespace of the Lease; by default that of the service account in --controller-user.")
	flags.DurationVar(&o.election.LeaseDuration, "leader-election-lease-duration", o.election.LeaseDuration,
		"How long another replica waits after the leader's last renewal before it leads, in whole seconds. It leads within this and "+
			"4.4 times --leader-election-retry-period.")
	flags.DurationVar(&o.election.RenewDeadline, "leader-election-renew-deadline", o.election.RenewDeadline,
		"How long the leader tries to renew the Lease before it stops reconciling; less than --leader-election-lease-duration.")
	flags.DurationVar(&o.election.RetryPeriod, "leader-election-retry-period", o.election.RetryPeriod,
		"Time between two renewals of the Lease; --leader-election-renew-deadline is more than 1.2 times as long.")
}

// checkElection returns every problem with the timings of the election. client-go has the same bounds, but does not say what
// it found.
func checkElection(timings election.Timings) error {
	var errs []error
	if timings.LeaseDuration < time.Second || timings.LeaseDuration%time.Second != 0 { // A Lease has no fractions of seconds.
		errs = append(errs, fmt.Errorf("--leader-election-lease-duration: found %s, must be whole seconds, at least 1s", timings.LeaseDuration))
	}
	if timings.RenewDeadline >= timings.LeaseDuration {
		errs = append(errs, fmt.Errorf("--leader-election-renew-deadline: found %s, must be less than --leader-election-lease-duration, %s",
			timings.RenewDeadline, timings.LeaseDuration))
	}
	if timings.RetryPeriod <= 0 {
		errs = append(errs, fmt.Errorf("--leader-election-retry-period: found %s, must be positive", timings.RetryPeriod))
	}
	if longest := time.Duration(leaderelection.JitterFactor * float64(timings.RetryPeriod)); timings.RenewDeadline <= longest {
		errs = append(errs, fmt.Errorf("--leader-election-renew-deadline: found %s, must be more than %s: %v times --leader-election-retry-period",
			timings.RenewDeadline, longest, leaderelection.JitterFactor))
	}
	return errors.Join(errs...)
}

// leaseNamespace returns the namespace of the Lease by which replicas elect a leader.
func (o *options) leaseNamespace() string {
	if o.leaderElectNamespace != "" {
		return o.leaderElectNamespace
	}
	return o.ownNamespace()
}
