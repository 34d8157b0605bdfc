package candidates

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"time"

	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ageWindow is the length of a window of creation times. Candidates in the same window are handed out in an order of
// the index's own, and not by age. It is long enough for replicas to choose differently even in a pool with a slow
// turnover. It is short enough that no Sandbox stays in a pool for much longer than those created after it.
const ageWindow = time.Hour

// candidate is a Sandbox that a claim may adopt.
type candidate struct {
	key   types.NamespacedName
	uid   types.UID
	node  string
	queue *queue

	// age and rank are its place in the order. age is the number of its ageWindow.
	age  int64
	rank uint64
	// reserved says that it is reserved for a claim.
	reserved bool
	// heldUntil is until when it is held, if it is. It must not change while the candidate is in a tree.
	heldUntil time.Time
}

func newCandidate(sandbox *sandboxv1.Sandbox, shelf *queue, order uint64) *candidate {
	return &candidate{
		key: types.NamespacedName{Namespace: sandbox.Namespace, Name: sandbox.Name}, uid: sandbox.UID,
		node: sandbox.Status.NodeName, queue: shelf,
		age: sandbox.CreationTimestamp.Unix() / int64(ageWindow/time.Second), rank: rank(order, sandbox.Name),
	}
}

// inOrder orders candidates as they are handed out: by age window, then by the index's own order.
func inOrder(a, b *candidate) bool { return compare(a, b) < 0 }

// longestHeld orders candidates by how long they have been held: the longest first.
func longestHeld(a, b *candidate) bool {
	return cmp.Or(a.heldUntil.Compare(b.heldUntil), compare(a, b)) < 0
}

func compare(a, b *candidate) int {
	return cmp.Or(cmp.Compare(a.age, b.age), cmp.Compare(a.rank, b.rank), cmp.Compare(a.key.Name, b.key.Name))
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
