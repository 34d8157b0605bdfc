package metrics

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// remembered is for how long a moment is remembered: by then it is noted on its object, or the object is gone.
const remembered = time.Minute

// Moments remembers for a while when something happened to objects. The zero value is ready for use.
type Moments struct {
	mu    sync.Mutex
	of    map[types.UID]time.Time
	order []types.UID
}

// Remember notes that it happened at that time, which is not before those that were noted earlier.
func (m *Moments) Remember(object types.UID, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[types.UID]time.Time{}
	}
	for len(m.order) > 0 {
		oldest, known := m.of[m.order[0]]
		if known && at.Sub(oldest) < remembered {
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
func (m *Moments) Of(object types.UID) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.of[object]
}

// Forget drops the moment of object.
func (m *Moments) Forget(object types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of, object)
}
