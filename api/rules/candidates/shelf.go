package candidates

import (
	"hash/fnv"

	"k8s.io/utils/third_party/forked/golang/btree"
)

const (
	// degree of the trees; the value of the library's own examples.
	degree = 32
	// window is among how many of the oldest candidates a claim chooses. Claims that look at the same moment, in two
	// replicas, then seldom choose the same one; and what is handed out is still among the oldest.
	window = 16
)

// shelf is a set of candidates in the order in which to hand them out: the oldest first.
type shelf struct {
	tree *btree.BTree[*candidate]
}

func newShelf() *shelf {
	return &shelf{tree: btree.New(degree, older)}
}

func older(a, b *candidate) bool {
	if !a.created.Equal(b.created) {
		return a.created.Before(b.created)
	}
	return a.key.Name < b.key.Name
}

func (s *shelf) add(c *candidate)    { s.tree.ReplaceOrInsert(c) }
func (s *shelf) remove(c *candidate) { s.tree.Delete(c) }
func (s *shelf) len() int            { return s.tree.Len() }

// choose returns the candidate among the oldest that seed likes best, leaving out those that skip refuses, or nil.
func (s *shelf) choose(seed string, skip func(name string) bool) *candidate {
	var best *candidate
	var bestScore uint64
	looked := 0
	s.tree.Ascend(func(c *candidate) bool {
		if skip(c.key.Name) {
			return true
		}
		if score := preference(seed, c.key.Name); best == nil || score > bestScore {
			best, bestScore = c, score
		}
		looked++
		return looked < window
	})
	return best
}

// preference is how much seed likes name: the highest wins (rendezvous hashing).
func preference(seed, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(seed + "\x00" + name)) // never fails: hash.Hash
	x := h.Sum64()
	// FNV keeps inputs that differ in their end close together; this mixes its bits (the finalizer of SplitMix64).
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
