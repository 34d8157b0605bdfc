package candidates

import (
	"k8s.io/utils/third_party/forked/golang/btree"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// degree is the degree of the trees. It is the value that the library's own examples use.
const degree = 32

// queue holds the candidates of one group in the order in which to hand them out. It exists as long as there are
// candidates of the group, in its tree or reserved.
type queue struct {
	group rules.CandidateGroup
	// sample is one Sandbox of the group. All of them are made of the same.
	sample     *sandboxv1.Sandbox
	candidates int
	tree       *btree.BTree[*candidate]
}

func newQueue(revision rules.CandidateGroup, sample *sandboxv1.Sandbox) *queue {
	less := func(a, b *candidate) bool { return compare(a, b) < 0 }
	return &queue{group: revision, sample: sample, tree: btree.New(degree, less)}
}

// add puts c in its place, and reports whether it was not there.
func (s *queue) add(c *candidate) bool {
	_, there := s.tree.ReplaceOrInsert(c)
	return !there
}

func (s *queue) remove(c *candidate) { s.tree.Delete(c) }

// first returns the first candidate that skip does not reject, or nil.
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
