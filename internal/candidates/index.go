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

// Index is safe for concurrent use. The zero value is not ready for use: call New.
type Index struct {
	mu        sync.Mutex
	sandboxes map[types.NamespacedName]*candidate
	queues    map[types.UID]map[rules.CandidateGroup]*queue // by pool
	pools     map[string]map[string]*extensionsv1.SandboxWarmPool
	snapshots map[types.NamespacedName]*rules.TemplateSnapshot
	nodes     nodes
	taints    rules.DisruptionTaints
	resolvers rules.Nameservers
	reserved  reservations
	order     order

	subscriptions map[*Subscription]bool
}

// New returns an empty Index. own is any number. Indexes with different numbers hand candidates out in different
// orders, so the replicas of the manager should have different ones. Then claims that are processed at the same moment
// seldom get the same Sandbox, and still less often if the replicas know of one another: see Share. taints are those that
// announce the removal of a node, besides rules.KnownDisruptionTaints.
func New(own uint64, taints ...string) *Index {
	return &Index{
		taints:    taints,
		order:     order{own: own},
		sandboxes: map[types.NamespacedName]*candidate{},
		queues:    map[types.UID]map[rules.CandidateGroup]*queue{},
		pools:     map[string]map[string]*extensionsv1.SandboxWarmPool{},
		snapshots: map[types.NamespacedName]*rules.TemplateSnapshot{},
		nodes:     newNodes(),
		reserved:  reservations{names: map[types.NamespacedName]reservation{}},

		subscriptions: map[*Subscription]bool{},
	}
}

// Resolve tells the nameservers of Pods whose template leaves them to the operator. Nothing has been observed before.
func (i *Index) Resolve(nameservers rules.Nameservers) { i.resolvers = nameservers }

// IgnoreNodes makes the Index offer Sandboxes on every node, since none are observed. Nothing has been observed before.
func (i *Index) IgnoreNodes() { i.nodes.ignored = true }

// ObservesNodes reports whether the Index has to be told of nodes.
func (i *Index) ObservesNodes() bool { return !i.nodes.ignored }

// Observe records sandbox as it is now. It may keep the object, which must not be changed afterwards.
func (i *Index) Observe(sandbox *sandboxv1.Sandbox) {
	i.mu.Lock()
	defer i.mu.Unlock()
	key := types.NamespacedName{Namespace: sandbox.Namespace, Name: sandbox.Name}
	i.nodes.setClaimed(key, rules.ClaimedNode(sandbox))
	revision, ok := rules.CandidateGroupOf(sandbox)
	known := i.sandboxes[key]
	if ok && known != nil && known.uid == sandbox.UID && known.queue.group == revision && known.node == sandbox.Status.NodeName {
		return
	}
	i.remove(key)
	if !ok {
		return
	}
	c := newCandidate(sandbox, i.queueFor(revision, sandbox), i.order)
	c.queue.candidates++
	i.sandboxes[key] = c
	i.nodes.add(c)
	i.place(c)
}

// Forget drops the Sandbox with that name.
func (i *Index) Forget(sandbox types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.remove(sandbox)
	i.nodes.setClaimed(sandbox, "")
}

// ObservePool records pool as it is now. It keeps the object, which must not be changed afterwards. The Sandboxes of a pool that is
// no longer kept for claims that name it appear to the others.
func (i *Index) ObservePool(pool *extensionsv1.SandboxWarmPool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.pools[pool.Namespace] == nil {
		i.pools[pool.Namespace] = map[string]*extensionsv1.SandboxWarmPool{}
	}
	before := i.pools[pool.Namespace][pool.Name]
	i.pools[pool.Namespace][pool.Name] = pool
	if before == nil || !rules.NamedClaimsOnly(before) || rules.NamedClaimsOnly(pool) {
		return
	}
	for _, q := range i.queues[pool.UID] {
		if c, ok := q.free.Min(); ok {
			i.announce(c)
		}
	}
}

// ForgetPool drops the pool with that name.
func (i *Index) ForgetPool(pool types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.pools[pool.Namespace], pool.Name)
	if len(i.pools[pool.Namespace]) == 0 {
		delete(i.pools, pool.Namespace)
	}
}

// ObserveTemplate records template as it is now. It keeps the object, which must not be changed afterwards.
func (i *Index) ObserveTemplate(template *extensionsv1.SandboxTemplate) {
	key := types.NamespacedName{Namespace: template.Namespace, Name: template.Name}
	snapshot := rules.NewTemplateSnapshot(template, i.resolvers...)
	for _, sample := range i.samples(key) {
		snapshot.Matches(sample) // It remembers the answer, so that no pick compares whole Pods while others wait for the lock.
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.snapshots[key] = snapshot
}

// ForgetTemplate drops the template with that name.
func (i *Index) ForgetTemplate(template types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.snapshots, template)
}

// ObserveNode records node as it is now, and so whether claims get the Sandboxes on it.
func (i *Index) ObserveNode(node *corev1.Node) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.setNode(node.Name, rules.NodeAcceptsClaims(node, i.taints))
}

// ForgetNode drops the node with that name, which is gone. Claims do not get the Sandboxes on it.
func (i *Index) ForgetNode(node types.NamespacedName) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.setNode(node.Name, false)
}

// setNode records whether claims get the Sandboxes on a node.
func (i *Index) setNode(node string, handsOut bool) {
	for c := range i.nodes.set(node, handsOut) {
		i.place(c)
	}
}

// ObserveClaim reserves the Sandbox that claim is bound to for ReservationTTL. This replica holds it since it picked it,
// or another replica picked it. now is the current time.
func (i *Index) ObserveClaim(claim *extensionsv1.SandboxClaim, now time.Time) {
	if rules.Binding(claim) == "" || claim.Status.Sandbox.Name != "" {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.release(now)
	i.keep(types.NamespacedName{Namespace: claim.Namespace, Name: rules.Binding(claim)}, now)
}

func (i *Index) remove(key types.NamespacedName) {
	c := i.sandboxes[key]
	if c == nil {
		return
	}
	delete(i.sandboxes, key)
	i.setReserved(c, false)
	i.nodes.remove(c)
	c.queue.remove(c)
	c.queue.candidates--
	if c.queue.candidates > 0 {
		return
	}
	byRevision := i.queues[c.queue.group.Pool]
	delete(byRevision, c.queue.group)
	if len(byRevision) == 0 {
		delete(i.queues, c.queue.group.Pool)
	}
}

// place puts c where it belongs in its queue: among the free or the held candidates, or nowhere.
func (i *Index) place(c *candidate) {
	wasFree := c.queue.remove(c)
	reserved, ok := i.reserved.names[c.key]
	i.setReserved(c, ok)
	switch {
	case reserved.kept, !i.nodes.accepts(c):
	case ok:
		c.heldUntil = reserved.until
		c.queue.held.ReplaceOrInsert(c)
	default:
		c.queue.free.ReplaceOrInsert(c)
		if !wasFree {
			i.announce(c)
		}
	}
}

// setReserved records whether c is reserved for a claim, and so is a load on its node.
func (i *Index) setReserved(c *candidate, reserved bool) {
	switch {
	case c.reserved == reserved:
		return
	case reserved:
		i.nodes.addLoad(c.node, 1)
	default:
		i.nodes.addLoad(c.node, -1)
	}
	c.reserved = reserved
}

// queueFor returns the queue of the group revision, to which sandbox belongs. It creates the queue if there is none.
func (i *Index) queueFor(revision rules.CandidateGroup, sandbox *sandboxv1.Sandbox) *queue {
	byRevision := i.queues[revision.Pool]
	if byRevision == nil {
		byRevision = map[rules.CandidateGroup]*queue{}
		i.queues[revision.Pool] = byRevision
	}
	if byRevision[revision] == nil {
		byRevision[revision] = newQueue(revision, sandbox)
	}
	return byRevision[revision]
}
