package candidates

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"
)

// order is the order in which an index hands out candidates. Each replica has an order of its own. Those that know of one another
// divide the candidates: each candidate is in the share of the replica that ranks it highest. A replica hands out its own share
// first, the oldest before younger ones, and those of the same age window by rank. From the others' shares it then takes what they
// would hand out last: the youngest. So replicas do not pick the same before nothing else is left.
type order struct {
	own    uint64
	others []uint64
}

// of returns the place in o of the candidate with that name: whether it is in another replica's share, and its rank there.
func (o order) of(name string) (foreign bool, place uint64) {
	highest := rank(o.own, name)
	for _, other := range o.others {
		if theirs := rank(other, name); theirs > highest {
			foreign, highest = true, theirs
		}
	}
	if foreign {
		return true, ^highest // The other replica begins with the lowest.
	}
	return false, highest
}

// Sharer returns the order of the replica whose share the candidate of that name is in. Mostly it is the one that picks it.
func (i *Index) Sharer(name string) uint64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	sharer, highest := i.order.own, rank(i.order.own, name)
	for _, other := range i.order.others {
		if theirs := rank(other, name); theirs > highest {
			sharer, highest = other, theirs
		}
	}
	return sharer
}

// OrderOf returns a number for New and Share, for the replica of that identity.
func OrderOf(identity string) uint64 { return rank(0, identity) }

// Share tells the index of the orders of all other replicas. It forgets those of before.
func (i *Index) Share(others []uint64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.order.others = slices.Clone(others)
	for _, c := range i.sandboxes {
		_, free := c.queue.free.Delete(c)
		_, held := c.queue.held.Delete(c)
		c.foreign, c.rank = i.order.of(c.key.Name)
		switch {
		case free:
			c.queue.free.ReplaceOrInsert(c)
		case held:
			c.queue.held.ReplaceOrInsert(c)
		}
	}
}

// inOrder orders candidates as they are handed out: by share, then by age window, then by the index's own order.
func inOrder(a, b *candidate) bool { return compare(a, b) < 0 }

// longestHeld orders candidates by how long they have been held: the longest first.
func longestHeld(a, b *candidate) bool {
	return cmp.Or(a.heldUntil.Compare(b.heldUntil), compare(a, b)) < 0
}

func compare(a, b *candidate) int {
	return cmp.Or(compareShares(a, b), compareAges(a, b), cmp.Compare(a.rank, b.rank), cmp.Compare(a.key.Name, b.key.Name))
}

// compareShares compares what is in the replica's own share before what is not.
func compareShares(a, b *candidate) int {
	switch {
	case a.foreign == b.foreign:
		return 0
	case b.foreign:
		return -1
	}
	return 1
}

// compareAges compares older candidates before younger ones, and in another's share the reverse.
func compareAges(a, b *candidate) int {
	if a.foreign {
		return cmp.Compare(b.age, a.age)
	}
	return cmp.Compare(a.age, b.age)
}

// rank returns the place of name in an order. Different orders rank the same name as if at random.
func rank(order uint64, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, order)) // never fails: hash.Hash
	_, _ = h.Write([]byte(name))
	x := h.Sum64()
	// FNV keeps inputs that differ only in their end close together. This mixes its bits (the finalizer of SplitMix64).
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
