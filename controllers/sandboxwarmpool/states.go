package sandboxwarmpool

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// poolStates holds what is remembered of each pool between reconciles, and what happens to the pool in between.
type poolStates struct {
	mu    sync.Mutex
	pools map[types.UID]*rules.PoolState
	// left holds a time for each pool: of the members that left the pool Ready, the latest time at which one turned Ready.
	left map[types.UID]time.Time
	// statuses holds when the status of each pool was last written.
	statuses map[types.UID]time.Time
	// gone holds until when each pool counts as gone that the API server did not find.
	gone map[types.UID]time.Time
	// looks holds when the last look at all members of each pool began, and when it ended.
	looks map[types.UID]look
}

// look is a look at all members of a pool.
type look struct{ began, ended time.Time }

// of returns what is remembered of a pool, or nil.
func (m *poolStates) of(pool types.UID) *rules.PoolState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pools[pool]
}

func (m *poolStates) keep(pool types.UID, memory *rules.PoolState) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pools == nil {
		m.pools = map[types.UID]*rules.PoolState{}
	}
	m.pools[pool] = memory
}

// write records that the status of a pool is written at the time now.
func (m *poolStates) write(pool types.UID, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.statuses == nil {
		m.statuses = map[types.UID]time.Time{}
	}
	m.statuses[pool] = now
}

// written returns when the status of a pool was last written here, or zero.
func (m *poolStates) written(pool types.UID) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.statuses[pool]
}

// looked records a look at all members of a pool.
func (m *poolStates) looked(pool types.UID, at look) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.looks == nil {
		m.looks = map[types.UID]look{}
	}
	m.looks[pool] = at
}

// goneHold is for how long a pool counts as gone that the API server did not find, unless the cache shows before that it is.
const goneHold = 30 * time.Second

// lose records that the API server did not find a pool at the time now. The cache may still have it.
func (m *poolStates) lose(pool types.UID, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone == nil {
		m.gone = map[types.UID]time.Time{}
	}
	m.gone[pool] = now.Add(goneHold)
}

// lost returns for how long a pool still counts as gone.
func (m *poolStates) lost(pool types.UID, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gone[pool].Sub(now)
}

// lastLook returns the last look at all members of a pool, or zero.
func (m *poolStates) lastLook(pool types.UID) look {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.looks[pool]
}

// leave records that a member left a pool, and since when it was Ready.
func (m *poolStates) leave(pool types.UID, ready time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left == nil {
		m.left = map[types.UID]time.Time{}
	}
	if ready.After(m.left[pool]) {
		m.left[pool] = ready
	}
}

// lastLeft returns the latest time at which a member turned Ready, of those that left the pool Ready. It is zero if there is
// none.
func (m *poolStates) lastLeft(pool types.UID) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.left[pool]
}

// forget drops what is remembered of a pool that is gone.
func (m *poolStates) forget(pool types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.pools, pool)
	delete(m.left, pool)
	delete(m.statuses, pool)
	delete(m.looks, pool)
	delete(m.gone, pool)
}
