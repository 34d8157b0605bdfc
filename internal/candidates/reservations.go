package candidates

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// reservations are names that are reserved until a time. All are reserved for the same duration, so they expire in the
// order in which they were added.
type reservations struct {
	until map[types.NamespacedName]time.Time
	queue []types.NamespacedName
}

func (r *reservations) has(key types.NamespacedName) bool {
	_, ok := r.until[key]
	return ok
}

// add reserves key until that time. A reservation that exists already keeps its time.
func (r *reservations) add(key types.NamespacedName, until time.Time) {
	if r.has(key) {
		return
	}
	r.until[key] = until
	r.queue = append(r.queue, key)
}

// expire removes and returns the names whose reservations have expired.
func (r *reservations) expire(now time.Time) []types.NamespacedName {
	ended := 0
	for ended < len(r.queue) && now.After(r.until[r.queue[ended]]) {
		delete(r.until, r.queue[ended])
		ended++
	}
	expired := r.queue[:ended]
	r.queue = r.queue[ended:]
	return expired
}
