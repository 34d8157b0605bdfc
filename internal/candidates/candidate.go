package candidates

import (
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

	// age, foreign and rank are its place in the order. age is the number of its ageWindow. foreign says that it is in another
	// replica's share.
	age     int64
	foreign bool
	rank    uint64
	// reserved says that it is reserved for a claim.
	reserved bool
	// heldUntil is until when it is held, if it is. It must not change while the candidate is in a tree.
	heldUntil time.Time
}

func newCandidate(sandbox *sandboxv1.Sandbox, shelf *queue, order order) *candidate {
	c := &candidate{
		key: types.NamespacedName{Namespace: sandbox.Namespace, Name: sandbox.Name}, uid: sandbox.UID,
		node: sandbox.Status.NodeName, queue: shelf,
		age: sandbox.CreationTimestamp.Unix() / int64(ageWindow/time.Second),
	}
	c.foreign, c.rank = order.of(sandbox.Name)
	return c
}
