package sandboxwarmpool

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/namesake-sandbox/namesake/api/rules"
)

// memories is what is remembered of each pool from pass to pass.
type memories struct {
	mu    sync.Mutex
	pools map[types.UID]*rules.PoolMemory
}

// of returns what is remembered of a pool, or nil.
func (m *memories) of(pool types.UID) *rules.PoolMemory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pools[pool]
}

func (m *memories) keep(pool types.UID, memory *rules.PoolMemory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pools == nil {
		m.pools = map[types.UID]*rules.PoolMemory{}
	}
	m.pools[pool] = memory
}

// forget drops what is remembered of a pool that is gone.
func (m *memories) forget(pool types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.pools, pool)
}
