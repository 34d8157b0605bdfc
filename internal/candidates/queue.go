package candidates

import (
	"k8s.io/utils/third_party/forked/golang/btree"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// degree of the trees; the value of the library's own examples.
const degree = 32

// shelf holds the candidates of one group in the order in which to hand them out. It is there for as long as there are
// candidates of the group, on the shelf or off it.
type queue struct {
	group rules.CandidateGroup
	// sample is what they are made of.
	sample     *sandboxv1.Sandbox
	candidates int
	tree       *btree.BTree[*candidate]
}

func newQueue(revision rules.CandidateGroup, sample *sandboxv1.Sandbox) *queue {
	less := func(a, b *candidate) bool { return compare(a, b) < 0 }
	return &queue{group: revision, sample: sample, tree: btree.New(degree, less)}
}

func (s *queue) add(c *candidate)    { s.tree.ReplaceOrInsert(c) }
func (s *queue) remove(c *candidate) { s.tree.Delete(c) }

// first returns the first candidate that skip does not refuse, or nil.
func (s *queue) first(skip func(name string) bool) *candidate {
	var found *candidate
	s.tree.Ascend(func(c *candidate) bool {
		if !skip(c.key.Name) {
			found = c
		}
		return found == nil
	})
	return found
}
