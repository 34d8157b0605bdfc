package rules

import (
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Whoever picks, serves: the replica whose webhook bound a claim serves it as soon as it sees it. Nothing but time depends on
// this: the writes themselves decide who gets a Sandbox.
const (
	// PickerLead is how long a claim is left to the replica that bound it. Then any other replica serves it. Where the API server
	// took longer to create the claim than that, it is left as long again, but no longer than ServingLead: the replica's own writes
	// take as long, and a second one that makes them, too, only adds to the load.
	PickerLead = 800 * time.Millisecond
	// LeadSpread is by how much of itself that lead is longer at most.
	LeadSpread = 0.5
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
	// Draw is from 0 to 1, and as if at random for each claim and replica. It makes the lead longer by up to LeadSpread. So a replica
	// that helps takes the late claims of a burst in another order than the one that picked them, and seldom the same at one time.
	Draw float64
}

// lead returns how long s leaves a claim to others that admission observed at that time, counted from s.Seen.
func (s ClaimServer) lead(observed time.Time) time.Duration {
	switch {
	case s.Leads: // The serving controller of the same replica comes first, whoever has bound the claim.
		return ServingLead
	case s.Picked:
		return 0
	}
	lead := max(PickerLead, s.Seen.Sub(observed))
	return min(lead+time.Duration(s.Draw*LeadSpread*float64(lead)), ServingLead)
}

// ClaimLead returns how long server still leaves claim to others at the time now: zero if it may serve it. Only a claim that is
// on its way is left to others. The lead counts from when server first saw the claim, or else from when admission observed it, and ends
// LongestLead after the latter. The clocks of replicas may differ: a claim that was observed in the future is left to nobody.
func ClaimLead(claim *extensionsv1.SandboxClaim, server ClaimServer, now time.Time) time.Duration {
	if !IsOnItsWay(claim) {
		return 0
	}
	observed, err := time.Parse(time.RFC3339Nano, claim.Annotations[sandboxv1.AnnotationControllerFirstObservedAt])
	if err != nil || observed.After(now) {
		return 0
	}
	if server.Seen.IsZero() {
		server.Seen = observed
	}
	end, last := server.Seen.Add(server.lead(observed)), observed.Add(LongestLead)
	if end.After(last) {
		end = last
	}
	return max(0, end.Sub(now))
}
