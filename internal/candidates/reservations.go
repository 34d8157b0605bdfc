package candidates

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// reservations are names with a time until which each is taken. All are taken for the same time, so the order in which
// they came is that in which they end.
type reservations struct {
	until map[types.NamespacedName]time.Time
	queue []types.NamespacedName
}

func (r *reservations) has(key types.NamespacedName) bool {
	_, ok := r.until[key]
	return ok
}

// add takes key until then; what is taken already stays taken for as long as it was.
func (r *reservations) add(key types.NamespacedName, until time.Time) {
	if r.has(key) {
		return
	}
	r.until[key] = until
	r.queue = append(r.queue, key)
}

// expire removes and returns the names whose time is over.
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
