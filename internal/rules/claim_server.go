package rules

import (
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Whoever picks, serves: the replica whose webhook bound a claim serves it as soon as it sees it. Nothing but time depends on
// this: the writes themselves decide who gets a Sandbox.
const (
	// PickerLead is how long a claim is left to the replica that bound it, from when the claim is seen and from when that replica
	// was last seen to serve another, but no longer than ServingLead. Then any other replica serves it. Where the API server took
	// longer to create the claim than that, it is left as long again: the replica's own writes take as long. A second replica that
	// makes them, too, while the first one is at work, only adds to the load.
	PickerLead = 600 * time.Millisecond
	// ServingLead is how long the leader's controller leaves a claim to the serving controllers, its own replica's and others'.
	ServingLead = 5 * time.Second
	// LongestLead is how long after admission observed it a claim is left to anybody, whenever it is seen.
	LongestLead = 2 * ServingLead
)

// ClaimServer is a controller that may serve claims on their way.
type ClaimServer struct {
	// Picked says that the webhook of the same replica has bound the claim.
	Picked bool
	// Leads says that this is the leader's controller, which does all that a claim needs. The other kind runs in every replica, and
	// serves only claims on their way.
	Leads bool
	// Seen is when this replica first saw the claim. It is zero if nobody knows.
	Seen time.Time
	// Served is when the replica that probably bound the claim was last seen to serve one. It is zero if it was not lately.
	Served time.Time
}

// until returns until when s leaves a claim to others that admission observed at that time.
func (s ClaimServer) until(observed time.Time) time.Time {
	last := s.Seen.Add(ServingLead)
	switch {
	case s.Leads: // The serving controller of the same replica comes first, whoever has bound the claim.
		return last
	case s.Picked:
		return s.Seen
	}
	end := latest(s.Seen.Add(max(PickerLead, s.Seen.Sub(observed))), s.Served.Add(PickerLead))
	return earlier(end, last)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// ClaimLead returns how long server still leaves claim to others at the time now: zero if it may serve it. Only a claim that is
// on its way is left to others. The lead counts from when server first saw the claim, or else from when admission observed it, and ends
// LongestLead after the latter. The clocks of replicas may differ: a claim was not observed after it was seen, and one that nobody knows
// to be seen, and that was observed in the future, is left to nobody.
func ClaimLead(claim *extensionsv1.SandboxClaim, server ClaimServer, now time.Time) time.Duration {
	if !IsOnItsWay(claim) {
		return 0
	}
	observed, err := time.Parse(time.RFC3339Nano, claim.Annotations[sandboxv1.AnnotationControllerFirstObservedAt])
	switch {
	case err != nil:
		return 0
	case !server.Seen.IsZero():
		observed = earlier(observed, server.Seen)
	case observed.After(now):
		return 0
	default:
		server.Seen = observed
	}
	return max(0, earlier(server.until(observed), observed.Add(LongestLead)).Sub(now))
}
