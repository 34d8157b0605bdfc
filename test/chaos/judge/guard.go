package judge

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// late is how long after the webhooks are back an object may be seen that was created before.
const late = time.Minute

// guard says when the API server had no webhooks. The zero value always had them.
type guard struct {
	off  bool
	back time.Time
}

func (g *guard) note(deed Deed, at time.Time) {
	g.off = deed == Unguarded
	if !g.off {
		g.back = at
	}
}

// down says that what is first seen at a time may have been created without webhooks.
func (g *guard) down(at time.Time) bool {
	return g.off || !g.back.IsZero() && at.Sub(g.back) < late
}

// exceptSecond says that a claim may have a second Sandbox, and remembers that it has. docs/guarantees.md does not promise that it
// gets none, if a user deletes the first while there are no webhooks and a worker is about to create it: the second has its name.
func (j *Judge) exceptSecond(claim *object, name string, at time.Time) bool {
	f := &claim.latest
	for _, uid := range claim.statusUIDs[:len(claim.statusUIDs)-1] {
		if !j.deleted[uid] {
			return false
		}
	}
	if f.StatusName != name || !j.exposed(f.StatusUID, at) {
		return false
	}
	j.excepted = append(j.excepted, Violation{
		Rule: KeptSandbox, Subject: f.subject(), Detail: "users deleted the first while there were no webhooks", At: at,
	})
	return true
}

// exposed says that an object may have been created without webhooks. If it has not been seen yet, it is new.
func (j *Judge) exposed(uid types.UID, at time.Time) bool {
	if o := j.objects[uid]; o != nil {
		return o.exposed
	}
	return j.guard.down(at)
}

// Excepted returns what would have been a violation, and is not promised, in the order of time.
func (j *Judge) Excepted() []Violation { return j.excepted }
