package candidates

import (
	"iter"
	"maps"

	"k8s.io/apimachinery/pkg/types"
)

// nodes records which nodes accept claims, and which candidates are on which node. An unknown node accepts none: it is
// gone, or it is not observed yet.
type nodes struct {
	accepting  map[string]bool
	candidates map[string]map[types.NamespacedName]*candidate
}

// accepts reports whether a claim may have c. A Sandbox that does not name its node is accepted.
func (n *nodes) accepts(c *candidate) bool {
	return c.node == "" || n.accepting[c.node]
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
