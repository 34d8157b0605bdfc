package metrics

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// remembered is for how long a moment is remembered: by then it is noted on its object, or the object is gone.
const firstReadyTTL = time.Minute

// FirstReadyTimes remembers for a while when something happened to objects. The zero value is ready for use.
type FirstReadyTimes struct {
	mu    sync.Mutex
	of    map[types.UID]time.Time
	order []types.UID
}

// Remember notes that it happened at that time, which is not before those that were noted earlier.
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

// Of returns when it happened to object, or the zero time if that is not known.
func (m *FirstReadyTimes) Get(object types.UID) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of[object]
}

// Forget drops the moment of object.
func (m *FirstReadyTimes) Delete(object types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, object)
}
