package judge

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Stuck is an object for which nobody but Kubernetes' garbage collector can do anything any more.
type Stuck struct {
	UID     types.UID `json:"uid"`
	Subject string    `json:"subject"`
}

// Stuck returns what has waited for the garbage collector alone, for a time at least, in the order of their names: what is deleted
// in the foreground and has nothing any more that it owns, and what is not deleted although all its owners are gone.
func (j *Judge) Stuck(at time.Time, wait time.Duration) []Stuck {
	var stuck []Stuck
	for _, kind := range Kinds() {
		for uid, o := range j.alive[kind] {
			if since, waits := j.waitsForCollector(o); waits && at.Sub(since) >= wait {
				stuck = append(stuck, Stuck{UID: uid, Subject: o.latest.subject()})
			}
		}
	}
	slices.SortFunc(stuck, func(a, b Stuck) int { return cmp.Compare(a.Subject, b.Subject) })
	return stuck
}

// waitsForCollector says whether an object waits for the garbage collector alone, and since when.
func (j *Judge) waitsForCollector(o *object) (since time.Time, waits bool) {
	switch {
	case o.latest.Foreground:
		return j.childless(o)
	case !o.latest.Deleting && j.orphaned(o.latest.Owners) != "":
		for _, owner := range o.latest.Owners {
			if known := j.objects[owner.UID]; known != nil && known.goneAt.After(since) {
				since = known.goneAt
			}
		}
		return since, !since.IsZero() // An owner that was never seen says nothing about time.
	default:
		return time.Time{}, false
	}
}

// childless says whether nothing is left that an object in foreground deletion owns, and since when.
func (j *Judge) childless(o *object) (since time.Time, is bool) {
	since = o.foregroundAt
	for _, other := range j.objects {
		if !slices.ContainsFunc(other.latest.Owners, func(owner Owner) bool { return owner.UID == o.latest.UID }) {
			continue
		}
		if !other.gone {
			return time.Time{}, false
		}
		if other.goneAt.After(since) {
			since = other.goneAt
		}
	}
	return since, true
}
