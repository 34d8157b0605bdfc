package candidates

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Index is safe for concurrent use. The zero value is not; use New.
type Index struct {
	mu        sync.Mutex
	sandboxes map[types.NamespacedName]*candidate
	shelves   map[types.UID]map[rules.Revision]*shelf // by pool
	pools     map[string]map[string]*extensionsv1.SandboxWarmPool
	editions  map[types.NamespacedName]*rules.Edition
	nodes     nodes
	taken     reservations
	order     uint64
}

// New returns an empty Index. order is any number: indexes of different ones, as the replicas of the manager should have,
// hand out in different orders, so that claims that look at the same moment seldom get the same.
func New(order uint64) *Index {
	return &Index{
		order:     order,
		sandboxes: map[types.NamespacedName]*candidate{},
		shelves:   map[types.UID]map[rules.Revision]*shelf{},
		pools:     map[string]map[string]*extensionsv1.SandboxWarmPool{},
		editions:  map[types.NamespacedName]*rules.Edition{},
		nodes:     nodes{handsOut: map[string]bool{}, candidates: map[string]map[types.NamespacedName]*candidate{}},
		taken:     reservations{until: map[types.NamespacedName]time.Time{}},
	}
}

// Observe notes sandbox as it is now. It may keep the object, which must not be changed afterwards.
func (i *Index) Observe(sandbox *sandboxv1.Sandbox) {
	i.mu.Lock()
	defer i.mu.Unlock()
	key := types.NamespacedName{Namespace: sandbox.Namespace, Name: sandbox.Name}
	revision, ok := rules.CandidateOf(sandbox)
	known := i.sandboxes[key]
	if ok && known != nil && known.uid == sandbox.UID && known.shelf.revision == revision && known.node == sandbox.Status.NodeName {
		return
	}
	i.remove(key)
	if !ok {
		return
	}
	c := newCandidate(sandbox, i.shelf(revision, sandbox), i.order)
	c.shelf.candidates++
	i.sandboxes[key] = c
	i.nodes.add(c)
	i.place(c)
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

// ObserveTemplate notes template as it is now. It keeps the object, which must not be changed afterwards.
func (i *Index) ObserveTemplate(template *extensionsv1.SandboxTemplate) {
	edition := rules.NewEdition(template)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.editions[types.NamespacedName{Namespace: template.Namespace, Name: template.Name}] = edition
}

// ForgetTemplate drops the template of that name.
func (i *Index) ForgetTemplate(template types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.editions, template)
}

// ObserveNode notes node as it is now: claims get its Sandboxes, or do not any more.
func (i *Index) ObserveNode(node *corev1.Node) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.turn(node.Name, rules.HandsOut(node))
}

// ForgetNode drops the node of that name, which is gone: claims do not get its Sandboxes.
func (i *Index) ForgetNode(node types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.turn(node.Name, false)
}

// turn notes whether claims get the Sandboxes of a node.
func (i *Index) turn(node string, handsOut bool) {
	for c := range i.nodes.turn(node, handsOut) {
		i.place(c)
	}
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
	i.nodes.remove(c)
	c.shelf.remove(c)
	c.shelf.candidates--
	if c.shelf.candidates > 0 {
		return
	}
	byRevision := i.shelves[c.shelf.revision.Pool]
	delete(byRevision, c.shelf.revision)
	if len(byRevision) == 0 {
		delete(i.shelves, c.shelf.revision.Pool)
	}
}

// place puts c on its shelf if a claim may have it now, and takes it off otherwise.
func (i *Index) place(c *candidate) {
	if i.taken.has(c.key) || !i.nodes.handOut(c) {
		c.shelf.remove(c)
	} else {
		c.shelf.add(c)
	}
}

// shelf returns the shelf of a revision, of which sandbox is one.
func (i *Index) shelf(revision rules.Revision, sandbox *sandboxv1.Sandbox) *shelf {
	byRevision := i.shelves[revision.Pool]
	if byRevision == nil {
		byRevision = map[rules.Revision]*shelf{}
		i.shelves[revision.Pool] = byRevision
	}
	if byRevision[revision] == nil {
		byRevision[revision] = newShelf(revision, sandbox)
	}
	return byRevision[revision]
}
