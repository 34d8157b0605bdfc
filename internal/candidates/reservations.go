package candidates

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// HoldTTL is how long a Sandbox stays reserved for a claim that the API server may not have stored yet. The answer of
	// the mutating webhook, the rest of the request and the delay of the watch fit into it on a busy cluster. If the claim
	// is refused after all, its Sandbox becomes available again after this time.
	HoldTTL = 3 * time.Second
	// holdOverdue is how long a Sandbox is held before another claim gets it, where all are held. Mostly a claim is seen
	// within less.
	holdOverdue = time.Second
	// ReservationTTL is how long a Sandbox stays reserved for a claim that exists. Such a claim is bound and adopts its
	// Sandbox within milliseconds. The time is longer because a controller may be busy, or be replaced.
	ReservationTTL = 10 * time.Second
)

// reservations are names that are reserved until a time: held for claims that nobody has seen yet, or kept for claims
// that exist. All that are held are so for the same duration, and so are all that are kept. So both end in the order
// in which they were added.
type reservations struct {
	names      map[types.NamespacedName]reservation
	held, kept []ending
}

// reservation is that of one name. kept is false while it is only held.
type reservation struct {
	until time.Time
	kept  bool
}

// ending is the end of a reservation, unless the name has another reservation by then.
type ending struct {
	key   types.NamespacedName
	until time.Time
}

// hold reserves key until that time. A name that is held already is held anew. One that is kept stays so.
func (r *reservations) hold(key types.NamespacedName, until time.Time) {
	if r.names[key].kept {
		return
	}
	r.names[key] = reservation{until: until}
	r.held = append(r.held, ending{key, until})
}

// keep reserves key until that time. A name that is only held is kept from now on. One that is kept keeps its time.
func (r *reservations) keep(key types.NamespacedName, until time.Time) {
	if r.names[key].kept {
		return
	}
	r.names[key] = reservation{until: until, kept: true}
	r.kept = append(r.kept, ending{key, until})
}

// expire removes and returns the names whose reservations have ended.
func (r *reservations) expire(now time.Time) []types.NamespacedName {
	var expired []types.NamespacedName
	end := func(queue []ending, kept bool) []ending {
		ended := 0
		for ended < len(queue) && now.After(queue[ended].until) {
			if e := queue[ended]; r.names[e.key] == (reservation{until: e.until, kept: kept}) {
				delete(r.names, e.key)
				expired = append(expired, e.key)
			}
			ended++
		}
		return queue[ended:]
	}
	r.held, r.kept = end(r.held, false), end(r.kept, true)
	return expired
}
