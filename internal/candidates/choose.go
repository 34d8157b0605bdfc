package candidates

import "k8s.io/utils/third_party/forked/golang/btree"

// spread is among how many candidates of a queue the one is chosen whose node has the fewest claimed Sandboxes.
const spread = 8

// choose returns, of the first few candidates in tree that skip does not reject, and that are of the same window of time and
// in the replica's own share, the one whose node has the fewest claimed Sandboxes. So what claims do spreads over the nodes.
//
// Replicas that have used up their own shares take what is last in another's. So of its own share a replica chooses among
// an eighth of what is left, if that is fewer. In another's it takes the first without a choice: that replica comes from the
// opposite end. It returns nil if there is none.
func (i *Index) choose(tree *btree.BTree[*candidate], skip func(name string) bool) *candidate {
	ahead := spread
	if len(i.order.others) > 0 {
		ahead = spread * spread
	}
	first := firstOfShare(tree, skip, ahead)
	switch {
	case len(first) == 0:
		return nil
	case first[0].foreign:
		return first[0]
	case len(i.order.others) > 0:
		first = first[:max(1, len(first)/spread)]
	}
	best := first[0]
	for _, c := range first[1:] {
		if c.age == best.age && i.nodes.load[c.node] < i.nodes.load[best.node] {
			best = c
		}
	}
	return best
}

// firstOfShare returns the first candidates in tree that skip does not reject, at most that many, of the same share: the replica's own,
// or if nothing is left there, another's.
func firstOfShare(tree *btree.BTree[*candidate], skip func(name string) bool, atMost int) []*candidate {
	found := make([]*candidate, 0, atMost)
	tree.Ascend(func(c *candidate) bool {
		if len(found) > 0 && c.foreign != found[0].foreign {
			return false
		}
		if !skip(c.key.Name) {
			found = append(found, c)
		}
		return len(found) < atMost
	})
	return found
}
