package candidates

import (
	"k8s.io/utils/third_party/forked/golang/btree"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// degree is the degree of the trees. It is the value that the library's own examples use.
const degree = 32

// queue holds the candidates of one group in the order in which to hand them out. It exists as long as there are
// candidates of the group, in its trees or not.
type queue struct {
	group rules.CandidateGroup
	// sample is one Sandbox of the group. All of them are made of the same.
	sample     *sandboxv1.Sandbox
	candidates int
	// free are those that nobody has picked, in the order in which they are handed out. held were picked for claims that nobody
	// has seen yet. Those that have been held longest come first.
	free, held *btree.BTree[*candidate]
}

func newQueue(revision rules.CandidateGroup, sample *sandboxv1.Sandbox) *queue {
	return &queue{group: revision, sample: sample, free: btree.New(degree, inOrder), held: btree.New(degree, longestHeld)}
}

// remove takes c out of the trees, and reports whether it was free.
func (s *queue) remove(c *candidate) (wasFree bool) {
	_, wasFree = s.free.Delete(c)
	s.held.Delete(c)
	return wasFree
}

// first returns the first candidate in tree that skip does not reject, or nil.
func first(tree *btree.BTree[*candidate], skip func(name string) bool) *candidate {
	var found *candidate
	tree.Ascend(func(c *candidate) bool {
		if !skip(c.key.Name) {
			found = c
		}
		return found == nil
	})
	return found
}

// earlier returns the one of a and b that comes first. Either may be nil.
func earlier(a, b *candidate, less func(a, b *candidate) bool) *candidate {
	if a == nil || b != nil && less(b, a) {
		return b
	}
	return a
}
