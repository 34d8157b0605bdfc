package candidates

import (
	"iter"
	"maps"

	"k8s.io/apimachinery/pkg/types"
)

// nodes records which nodes accept claims, and which candidates are on which node. An unknown node accepts none: it is
// gone, or it is not observed yet.
type nodes struct {
	// ignored makes every node accept claims.
	ignored    bool
	accepting  map[string]bool
	candidates map[string]map[types.NamespacedName]*candidate
	// load is how many Sandboxes on each node are claimed, or reserved for claims. claimed has the node of each claimed one.
	load    map[string]int
	claimed map[types.NamespacedName]string
}

func newNodes() nodes {
	return nodes{
		accepting: map[string]bool{}, candidates: map[string]map[types.NamespacedName]*candidate{},
		load: map[string]int{}, claimed: map[types.NamespacedName]string{},
	}
}

// setClaimed records that the claimed Sandbox of that name is on node, or, where that is "", that there is none.
func (n *nodes) setClaimed(sandbox types.NamespacedName, node string) {
	before := n.claimed[sandbox]
	if before == node {
		return
	}
	n.addLoad(before, -1)
	n.addLoad(node, 1)
	if node == "" {
		delete(n.claimed, sandbox)
	} else {
		n.claimed[sandbox] = node
	}
}

// addLoad adds to the load of node. What has no node is no load.
func (n *nodes) addLoad(node string, by int) {
	if node == "" {
		return
	}
	if n.load[node] += by; n.load[node] == 0 {
		delete(n.load, node)
	}
}

// accepts reports whether a claim may have c. A Sandbox that does not name its node is accepted.
func (n *nodes) accepts(c *candidate) bool {
	return n.ignored || c.node == "" || n.accepting[c.node]
}

func (n *nodes) add(c *candidate) {
	if n.candidates[c.node] == nil {
		n.candidates[c.node] = map[types.NamespacedName]*candidate{}
	}
	n.candidates[c.node][c.key] = c
}

func (n *nodes) remove(c *candidate) {
	delete(n.candidates[c.node], c.key)
	if len(n.candidates[c.node]) == 0 {
		delete(n.candidates, c.node)
	}
}

// set records whether claims get the Sandboxes on node, and returns the candidates for which that changes.
func (n *nodes) set(node string, handsOut bool) iter.Seq[*candidate] {
	if n.accepting[node] == handsOut {
		return func(func(*candidate) bool) {}
	}
	if handsOut {
		n.accepting[node] = true
	} else {
		delete(n.accepting, node)
	}
	return maps.Values(n.candidates[node])
}
