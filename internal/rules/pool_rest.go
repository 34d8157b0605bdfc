package rules

import (
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

const (
	// poolShare is how many times as long as a look at all members of a pool the next look waits. So the looks at one pool take
	// a tenth of a processor at the most, however large the pool is and however often its members change.
	poolShare = 9
	// maxPoolRest bounds that wait. On a busy machine a look takes longer than it works.
	maxPoolRest = time.Second
)

// PoolRest returns how long pool is left alone after a look at all its members that took cost. A pool whose spec has changed
// does not rest: somebody waits for that.
func PoolRest(pool *extensionsv1.SandboxWarmPool, cost time.Duration) time.Duration {
	if PoolYield(pool) == 0 {
		return 0
	}
	return min(max(0, poolShare*cost), maxPoolRest)
}
