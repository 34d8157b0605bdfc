package unreadable

import (
	"maps"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
)

// Register holds which objects are unreadable now, as far as the cache has observed. It is safe for concurrent use.
type Register struct {
	// Report is called once for each version of an unreadable object, unless it is nil. It is set before the cache starts.
	Report func(*Error)

	log logr.Logger

	mu sync.Mutex
	// found is, for each kind, the resourceVersion of each unreadable object.
	found map[string]map[types.NamespacedName]string
	// before holds, for each list that is on its way, what was found before and not yet again.
	before map[listing]map[types.NamespacedName]string
}

// listing is a list of all objects of a kind in a namespace, or in all if that is empty.
type listing struct{ kind, namespace string }

// listings returns the lists that an object may be in.
func listings(kind string, name types.NamespacedName) [2]listing {
	return [2]listing{{kind: kind}, {kind: kind, namespace: name.Namespace}}
}

// NewRegister returns an empty Register. It logs once for each version of an unreadable object.
func NewRegister(log logr.Logger) *Register {
	r := &Register{log: log, found: map[string]map[types.NamespacedName]string{}, before: map[listing]map[types.NamespacedName]string{}}
	for _, k := range kinds() {
		r.found[k.name] = map[types.NamespacedName]string{}
	}
	return r
}

// Count returns the number of unreadable objects of each kind, also where that is 0.
func (r *Register) Count() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	counts := map[string]int{}
	for kind, found := range r.found {
		counts[kind] = len(found)
	}
	return counts
}

// Any reports whether an object of that kind in that namespace is unreadable. A nil Register knows of none.
func (r *Register) Any(kind, namespace string) bool {
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for name := range r.found[kind] {
		if name.Namespace == namespace {
			return true
		}
	}
	return false
}

// add records an unreadable object.
func (r *Register) add(e *Error) {
	if r.put(e) {
		return
	}
	r.log.Error(e, "an object cannot be read, and is left out until it can: mend or delete it",
		"kind", e.Object.Kind, "namespace", e.Object.Namespace, "name", e.Object.Name, "resourceVersion", e.Object.ResourceVersion)
	if r.Report != nil {
		r.Report(e)
	}
}

// put records an unreadable object. It reports whether this version of it is recorded already.
func (r *Register) put(e *Error) (known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	version, known := r.found[e.Object.Kind][e.key()]
	r.found[e.Object.Kind][e.key()] = e.Object.ResourceVersion
	for _, list := range listings(e.Object.Kind, e.key()) {
		delete(r.before[list], e.key())
	}
	return known && version == e.Object.ResourceVersion
}

// remove records that an object is readable, or gone.
func (r *Register) remove(kind string, name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.found[kind], name)
	for _, list := range listings(kind, name) {
		delete(r.before[list], name)
	}
}

// begin records that a list of all objects of a kind begins, in a namespace or, if that is empty, in all. What was found there
// before, and is not added again before end, is gone.
func (r *Register) begin(kind, namespace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before := maps.Clone(r.found[kind])
	maps.DeleteFunc(before, func(name types.NamespacedName, _ string) bool { return namespace != "" && name.Namespace != namespace })
	r.before[listing{kind, namespace}] = before
}

// end records that a list is complete.
func (r *Register) end(kind, namespace string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := listing{kind, namespace}
	for name := range r.before[list] {
		delete(r.found[kind], name)
	}
	delete(r.before, list)
}
