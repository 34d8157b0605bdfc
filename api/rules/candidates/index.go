package candidates

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Index is safe for concurrent use. The zero value is not; use New.
type Index struct {
	mu        sync.Mutex
	sandboxes map[types.NamespacedName]*candidate
	shelves   map[types.UID]map[rules.Revision]*shelf // by pool
	pools     map[string]map[string]*extensionsv1.SandboxWarmPool
	hashes    map[types.NamespacedName]string // of templates
	taken     reservations
}

// New returns an empty Index.
func New() *Index {
	return &Index{
		sandboxes: map[types.NamespacedName]*candidate{},
		shelves:   map[types.UID]map[rules.Revision]*shelf{},
		pools:     map[string]map[string]*extensionsv1.SandboxWarmPool{},
		hashes:    map[types.NamespacedName]string{},
		taken:     reservations{until: map[types.NamespacedName]time.Time{}},
	}
}

// candidate is a Sandbox that a claim may adopt.
type candidate struct {
	key      types.NamespacedName
	created  time.Time
	revision rules.Revision
}

// Observe notes sandbox as it is now. It says whether the Sandbox has just become a candidate, so that a claim which
// waits for one may look again.
func (i *Index) Observe(sandbox *sandboxv1.Sandbox) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	key := types.NamespacedName{Namespace: sandbox.Namespace, Name: sandbox.Name}
	revision, ok := rules.CandidateOf(sandbox)
	known := i.sandboxes[key]
	if ok && known != nil && known.revision == revision && known.created.Equal(sandbox.CreationTimestamp.Time) {
		return false
	}
	i.remove(key)
	if !ok {
		return false
	}
	c := &candidate{key: key, created: sandbox.CreationTimestamp.Time, revision: revision}
	i.sandboxes[key] = c
	if !i.taken.has(key) {
		i.shelve(c)
	}
	return true
}

// Forget drops the Sandbox of that name.
func (i *Index) Forget(sandbox types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.remove(sandbox)
}

// ObservePool notes pool as it is now. It keeps the object, which must not be changed afterwards.
func (i *Index) ObservePool(pool *extensionsv1.SandboxWarmPool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.pools[pool.Namespace] == nil {
		i.pools[pool.Namespace] = map[string]*extensionsv1.SandboxWarmPool{}
	}
	i.pools[pool.Namespace][pool.Name] = pool
}

// ForgetPool drops the pool of that name.
func (i *Index) ForgetPool(pool types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.pools[pool.Namespace], pool.Name)
	if len(i.pools[pool.Namespace]) == 0 {
		delete(i.pools, pool.Namespace)
	}
}

// ObserveTemplate notes template as it is now.
func (i *Index) ObserveTemplate(template *extensionsv1.SandboxTemplate) {
	hash := rules.BlueprintHash(template)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.hashes[types.NamespacedName{Namespace: template.Namespace, Name: template.Name}] = hash
}

// ForgetTemplate drops the template of that name.
func (i *Index) ForgetTemplate(template types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.hashes, template)
}

// ObserveClaim takes the Sandbox that claim is bound to out of reach, for as long as a pick is remembered: another
// replica may have picked it. now is the current time.
func (i *Index) ObserveClaim(claim *extensionsv1.SandboxClaim, now time.Time) {
	if rules.Binding(claim) == "" || claim.Status.Sandbox.Name != "" {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.release(now)
	i.reserve(types.NamespacedName{Namespace: claim.Namespace, Name: rules.Binding(claim)}, now)
}

func (i *Index) remove(key types.NamespacedName) {
	c := i.sandboxes[key]
	if c == nil {
		return
	}
	delete(i.sandboxes, key)
	i.unshelve(c)
}

func (i *Index) shelve(c *candidate) {
	byRevision := i.shelves[c.revision.Pool]
	if byRevision == nil {
		byRevision = map[rules.Revision]*shelf{}
		i.shelves[c.revision.Pool] = byRevision
	}
	if byRevision[c.revision] == nil {
		byRevision[c.revision] = newShelf()
	}
	byRevision[c.revision].add(c)
}

func (i *Index) unshelve(c *candidate) {
	byRevision := i.shelves[c.revision.Pool]
	s := byRevision[c.revision]
	if s == nil {
		return
	}
	s.remove(c)
	if s.len() > 0 {
		return
	}
	delete(byRevision, c.revision)
	if len(byRevision) == 0 {
		delete(i.shelves, c.revision.Pool)
	}
}
