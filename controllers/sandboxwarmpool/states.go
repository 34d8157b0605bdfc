package sandboxwarmpool

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// memories is what is remembered of each pool from pass to pass, and what happens to it in between.
type poolStates struct {
	mu    sync.Mutex
	pools map[types.UID]*rules.PoolState
	// left is since when that member was Ready that turned so last, of those that left the pool Ready.
	left map[types.UID]time.Time
	// created has the pools that this process has created Sandboxes for.
	created map[types.UID]bool
}

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

// create notes that this process has created n Sandboxes for a pool.
func (m *poolStates) create(pool types.UID, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.created == nil {
		m.created = map[types.UID]bool{}
	}
	m.created[pool] = m.created[pool] || n > 0
}

// hasCreated says whether this process has created Sandboxes for a pool.
func (m *poolStates) hasCreated(pool types.UID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.created[pool]
}

// leave notes that a member left a pool, and was Ready since then.
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

// lastLeft returns since when that member was Ready that turned so last, of those that left the pool Ready; zero for none.
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
	delete(m.created, pool)
}
