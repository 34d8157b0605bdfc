package metrics

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// firstReadyTTL is how long a time is kept. By then, the object's annotation records it, or the object is gone.
const firstReadyTTL = time.Minute

// FirstReadyTimes remembers for a while when objects were first Ready. The zero value is ready for use.
type FirstReadyTimes struct {
	mu    sync.Mutex
	of    map[types.UID]time.Time
	order []types.UID
}

// Add records that object was first Ready at that time. The time must not be before one that was added earlier.
func (m *FirstReadyTimes) Add(object types.UID, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[types.UID]time.Time{}
	}
	for len(m.order) > 0 {
		oldest, known := m.of[m.order[0]]
		if known && at.Sub(oldest) < firstReadyTTL {
			break
		}
		delete(m.of, m.order[0])
		m.order = m.order[1:]
	}
	if _, known := m.of[object]; !known {
		m.order = append(m.order, object)
	}
	m.of[object] = at
}

// Get returns when object was first Ready, or the zero time if that is not known.
func (m *FirstReadyTimes) Get(object types.UID) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of[object]
}

// Delete drops the time of object.
func (m *FirstReadyTimes) Delete(object types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, object)
}
