package rules

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

const (
	// LabelsYield is how long the labels of a claimed Sandbox's Pod may wait for claims that are on their way. A router that
	// selects the Pod by them learns of it that much later at the most.
	LabelsYield = 100 * time.Millisecond
	// PolicyYield is how long a template's NetworkPolicy may wait for them. A Sandbox of a new template starts that much later at
	// the most, since no Pod is created before its policy.
	PolicyYield = 100 * time.Millisecond
	// RefillYield is how long a pool's own work may wait for them: its refill, its members, and its status.
	RefillYield = time.Second
)

// IsOnItsWay reports whether claim is bound to a warm Sandbox and about to be Ready. So it waits for nothing but the
// controller.
func IsOnItsWay(claim *extensionsv1.SandboxClaim) bool {
	return claim.DeletionTimestamp == nil && isBoundWarm(claim) && claim.Status.Sandbox.Name == ""
}

// isBoundWarm reports whether claim is bound to a warm Sandbox and nothing has been reported about it.
func isBoundWarm(claim *extensionsv1.SandboxClaim) bool {
	return Binding(claim) != "" && !IsColdName(claim, Binding(claim)) && !IsReported(claim.Status.Conditions)
}

// SandboxYield returns how long the work for sandbox may wait for claims that are on their way. Nobody waits for a member of
// a pool. All that a claimed Sandbox that is Ready may lack is the claim's labels on its Pod. For every other Sandbox
// somebody waits, and the answer is 0.
func SandboxYield(sandbox *sandboxv1.Sandbox, now time.Time) time.Duration {
	owner := ControllerOf(sandbox)
	switch {
	case sandbox.DeletionTimestamp != nil, Suspended(sandbox), Expired(sandbox, now):
		return 0
	case IsPool(owner):
		return RefillYield
	case IsClaim(owner) && IsReady(sandbox):
		return LabelsYield
	}
	return 0
}

// PoolYield returns how long the work for pool may wait for claims that are on their way. Somebody waits for what follows
// from a change of its spec.
func PoolYield(pool *extensionsv1.SandboxWarmPool) time.Duration {
	if pool.DeletionTimestamp != nil || pool.Status.ObservedGeneration != pool.Generation {
		return 0
	}
	return RefillYield
}

// DefaultQuietStart is for how long the status of a new Sandbox or claim says nothing of its way to Ready, if all goes well:
// most of the states in between end before anybody has read them, and each costs a write. Creation times are in whole
// seconds, so what is said then is said after one or two seconds.
const DefaultQuietStart = 2 * time.Second

// left returns how much is left of the quietStart of an object that was created at that time. The clock of the API server,
// which sets that time, may be ahead of this one.
func left(quietStart time.Duration, created metav1.Time, now time.Time) time.Duration {
	return min(quietStart, max(0, created.Add(quietStart).Sub(now)))
}
