package candidates

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// ReservationTTL is how long a Sandbox stays reserved for a claim. A claim that exists is bound and adopts its Sandbox within
	// milliseconds. One that the mutating webhook has just bound is stored and seen as soon. The time is longer because a
	// controller may be busy, or be replaced, and because the API server's storage may stall for seconds while hundreds of
	// claims are on their way. If a claim is refused after all, its Sandbox becomes available again after this time.
	ReservationTTL = 10 * time.Second
	// holdOverdue is how long a Sandbox is held before another claim gets it, where all are held. Mostly a claim is seen
	// within less.
	holdOverdue = time.Second
)

// reservations are names that are reserved until a time: held for claims that nobody has seen yet, or kept for claims
// that exist. All are reserved for the same duration. So they end in the order in which they were added.
type reservations struct {
	names   map[types.NamespacedName]reservation
	endings []ending
}

// reservation is that of one name. kept is false while it is only held.
type reservation struct {
	until time.Time
	kept  bool
}

// ending is the end of a reservation, unless the name has another reservation by then.
type ending struct {
	key types.NamespacedName
	reservation
}

// hold reserves key until that time. A name that is held already is held anew. One that is kept stays so.
func (r *reservations) hold(key types.NamespacedName, until time.Time) {
	r.reserve(key, reservation{until: until})
}

// keep reserves key until that time. A name that is only held is kept from now on. One that is kept keeps its time.
func (r *reservations) keep(key types.NamespacedName, until time.Time) {
	r.reserve(key, reservation{until: until, kept: true})
}

func (r *reservations) reserve(key types.NamespacedName, as reservation) {
	if r.names[key].kept {
		return
	}
	r.names[key] = as
	r.endings = append(r.endings, ending{key, as})
}

// expire removes and returns the names whose reservations have ended.
func (r *reservations) expire(now time.Time) []types.NamespacedName {
	var expired []types.NamespacedName
	ended := 0
	for ended < len(r.endings) && now.After(r.endings[ended].until) {
		if e := r.endings[ended]; r.names[e.key] == e.reservation {
			delete(r.names, e.key)
			expired = append(expired, e.key)
		}
		ended++
	}
	r.endings = r.endings[ended:]
	return expired
}
