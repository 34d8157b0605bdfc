package rules

import extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"

// OwnCreations is what a process knows of the Sandboxes that it has created for a pool, when it reads the pool's members in a cache.
type OwnCreations struct {
	// Unseen is how many of them the cache does not show yet.
	Unseen int
	// CaughtUp says that the cache has shown one of them, and so whatever came before the process began to create.
	CaughtUp bool
}

// MissingMembers returns how many of the n Sandboxes that a pool lacks by a cache it lacks in truth, by what the process knows of its
// own creations. If that does not tell, certain is false, and the members have to be counted live: before the cache has caught up,
// since another process may have created some, and when all that seems to be missing is of the process's own making, since some of
// that may be gone again.
func MissingMembers(n int, own OwnCreations) (missing int, certain bool) {
	switch {
	case n == 0:
		return 0, true
	case own.CaughtUp && n > own.Unseen:
		return n - own.Unseen, true
	}
	return 0, false
}

// CountedMissing returns how many of the n Sandboxes that pool lacks by a cache it lacks in truth, if it has so many members, terminating
// ones included.
func CountedMissing(pool *extensionsv1.SandboxWarmPool, n, members int) int {
	return min(n, max(0, Replicas(pool)-members))
}
