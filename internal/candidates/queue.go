package candidates

import (
	"k8s.io/utils/third_party/forked/golang/btree"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// degree of the trees; the value of the library's own examples.
const degree = 32

// shelf holds the candidates of one revision in the order in which to hand them out. It is there for as long as there are
// candidates of the revision, on the shelf or off it.
type shelf struct {
	revision rules.Revision
	// sample is what they are made of.
	sample     *sandboxv1.Sandbox
	candidates int
	tree       *btree.BTree[*candidate]
}

func newShelf(revision rules.Revision, sample *sandboxv1.Sandbox) *shelf {
	less := func(a, b *candidate) bool { return compare(a, b) < 0 }
	return &shelf{revision: revision, sample: sample, tree: btree.New(degree, less)}
}

func (s *shelf) add(c *candidate)    { s.tree.ReplaceOrInsert(c) }
func (s *shelf) remove(c *candidate) { s.tree.Delete(c) }

// first returns the first candidate that skip does not refuse, or nil.
func (s *shelf) first(skip func(name string) bool) *candidate {
	var found *candidate
	s.tree.Ascend(func(c *candidate) bool {
		if !skip(c.key.Name) {
			found = c
		}
		return found == nil
	})
	return found
}
