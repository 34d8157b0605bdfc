package candidates

import (
	"iter"
	"maps"

	"k8s.io/apimachinery/pkg/types"
)

// nodes says which nodes hand out their Sandboxes, and which candidates are where. A node that is not known hands out
// none: it is gone, or it will be heard of.
type nodes struct {
	accepting  map[string]bool
	candidates map[string]map[types.NamespacedName]*candidate
}

// handOut says whether a claim may have c. Where a Sandbox does not say on which node it is, nothing speaks against it.
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

// turn notes whether a node hands out its Sandboxes, and returns the candidates that this changes.
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
