package candidates

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"time"

	"k8s.io/apimachinery/pkg/types"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// era is within what time of their creation candidates are handed out in an order of the index's own, and no longer by
// age. Long enough for replicas to choose differently even where a pool turns over slowly; short enough that nothing stays
// in a pool for much longer than what came after it.
const ageWindow = time.Hour

// candidate is a Sandbox that a claim may adopt.
type candidate struct {
	key   types.NamespacedName
	uid   types.UID
	node  string
	queue *queue

	// era and rank are its place in the order.
	age  int64
	rank uint64
}

func newCandidate(sandbox *sandboxv1.Sandbox, shelf *queue, order uint64) *candidate {
	return &candidate{
		key: types.NamespacedName{Namespace: sandbox.Namespace, Name: sandbox.Name}, uid: sandbox.UID,
		node: sandbox.Status.NodeName, queue: shelf,
		age: sandbox.CreationTimestamp.Unix() / int64(ageWindow/time.Second), rank: rank(order, sandbox.Name),
	}
}

// compare orders candidates as they are handed out: by era, then as the index likes them.
func compare(a, b *candidate) int {
	return cmp.Or(cmp.Compare(a.age, b.age), cmp.Compare(a.rank, b.rank), cmp.Compare(a.key.Name, b.key.Name))
}

// rank is the place of name in an order, among others at random.
func rank(order uint64, name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, order)) // never fails: hash.Hash
	_, _ = h.Write([]byte(name))
	x := h.Sum64()
	// FNV keeps inputs that differ in their end close together; this mixes its bits (the finalizer of SplitMix64).
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
