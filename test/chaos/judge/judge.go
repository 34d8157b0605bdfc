package judge

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Judge remembers every object that it was told of, also those that are gone.
type Judge struct {
	objects map[types.UID]*object
	// alive are the objects that exist, by kind.
	alive map[Kind]map[types.UID]*object
	// deleted holds what users deleted, and namespaces the namespaces among it, by name.
	deleted    map[types.UID]bool
	namespaces map[string]bool
	// acknowledged holds what users were told that it exists.
	acknowledged map[types.UID]Note
	// clocks is how far the clocks of the observer and of a manager may be apart.
	clocks time.Duration
	// guard says when the webhooks were there.
	guard guard
	// found are the violations so far, each once, and excepted what would be one and is not promised.
	found    map[violationKey]Violation
	excepted []Violation
}

type violationKey struct {
	rule    Rule
	subject string
}

// jump is how far a clock may be ahead after ClocksApart.
const jump = 31 * time.Minute

// object is what was seen of an object.
type object struct {
	latest Facts
	gone   bool
	// missed says that its end, or its last states, were not seen: a list showed that it is gone.
	missed bool
	// endingAt is when the object was first seen terminating or gone.
	endingAt time.Time
	// foregroundAt is when the object was first seen with the finalizer of a deletion in the foreground alone, and goneAt when it was
	// seen that it is gone.
	foregroundAt, goneAt time.Time
	// controllers are those that it had, in order of time; the zero value is none.
	controllers []Owner
	// exposed says that there may have been no webhooks when the object was created.
	exposed bool
	// statusUIDs are the Sandboxes that a claim's status named, in order of time.
	statusUIDs []types.UID
}

// New returns a Judge that knows nothing.
func New() *Judge {
	j := &Judge{
		objects: map[types.UID]*object{}, alive: map[Kind]map[types.UID]*object{}, deleted: map[types.UID]bool{},
		namespaces: map[string]bool{}, acknowledged: map[types.UID]Note{}, found: map[violationKey]Violation{},
		clocks: time.Second,
	}
	for _, kind := range Kinds() {
		j.alive[kind] = map[types.UID]*object{}
	}
	return j
}

// Note records what a user did, at a time.
func (j *Judge) Note(n Note, at time.Time) {
	switch {
	case n.Deed == Unguarded || n.Deed == Guarded:
		j.guard.note(n.Deed, at)
	case n.Deed == ClocksApart:
		j.clocks = jump
	case n.Deed == Acknowledged:
		j.acknowledged[n.UID] = n
	case n.Kind == Namespace:
		j.namespaces[n.Name] = true
	default:
		j.deleted[n.UID] = true
	}
}

// Observe takes a version of an object, seen at a time; gone says that it is the last one. It returns the violations that it shows
// and that were not known before.
func (j *Judge) Observe(f Facts, gone bool, at time.Time) []Violation {
	o := j.objects[f.UID]
	if o == nil {
		o = &object{exposed: j.guard.down(at)}
		j.objects[f.UID] = o
	}
	before := o.latest
	o.latest, o.gone = f, gone
	if (gone || f.Deleting) && o.endingAt.IsZero() {
		o.endingAt = at
	}
	if f.Foreground && o.foregroundAt.IsZero() {
		o.foregroundAt = at
	}
	if gone {
		o.goneAt = at
		delete(j.alive[f.Kind], f.UID)
	} else {
		j.alive[f.Kind][f.UID] = o
	}
	if n := len(o.controllers); n == 0 || o.controllers[n-1] != f.Controller {
		o.controllers = append(o.controllers, f.Controller)
	}
	switch f.Kind {
	case Sandbox:
		return j.judgeSandbox(o, at)
	case Claim:
		return j.judgeClaim(o, before, at)
	case Pod:
		return j.judgePod(o, at)
	default:
		return nil
	}
}

// Missing takes the UIDs that a list of a kind shows. What is not among them has ended without having been seen. It returns how
// many those are.
func (j *Judge) Missing(kind Kind, present map[types.UID]bool, at time.Time) int {
	missed := 0
	for uid, o := range j.alive[kind] {
		if present[uid] {
			continue
		}
		missed++
		o.gone, o.missed, o.goneAt = true, true, at
		if o.endingAt.IsZero() {
			o.endingAt = at
		}
		delete(j.alive[kind], uid)
	}
	return missed
}

// Seen returns how many objects of a kind there have been.
func (j *Judge) Seen(kind Kind) int {
	seen := 0
	for _, o := range j.objects {
		if o.latest.Kind == kind {
			seen++
		}
	}
	return seen
}

// Violations returns everything that was found so far, in the order of the rules and of time.
func (j *Judge) Violations() []Violation {
	order := map[Rule]int{}
	for i, rule := range Rules() {
		order[rule] = i
	}
	var all []Violation
	for _, v := range j.found {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b Violation) int {
		return cmp.Or(cmp.Compare(order[a.Rule], order[b.Rule]), a.At.Compare(b.At), cmp.Compare(a.Subject, b.Subject))
	})
	return all
}

// report records a violation, and returns it if it is new.
func (j *Judge) report(rule Rule, o *object, at time.Time, format string, args ...any) []Violation {
	v := Violation{Rule: rule, Subject: o.latest.subject(), Detail: fmt.Sprintf(format, args...), At: at}
	key := violationKey{rule, v.Subject}
	if _, known := j.found[key]; known {
		return nil
	}
	j.found[key] = v
	return []Violation{v}
}

// subject names the object in a way that tells it from others of its name.
func (f *Facts) subject() string {
	return fmt.Sprintf("%s %s/%s (%s)", f.Kind, f.Namespace, f.Name, f.UID)
}

// named names an owner.
func (o Owner) named() string {
	if o == (Owner{}) {
		return "nobody"
	}
	return fmt.Sprintf("%s %s (%s)", o.Kind, o.Name, o.UID)
}
