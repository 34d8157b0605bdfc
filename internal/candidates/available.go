package candidates

import "k8s.io/apimachinery/pkg/types"

// Available returns how many Sandboxes of the pool with that UID a claim could be offered now: candidates that are not reserved
// for a claim that exists, and not on a node that is about to go. The work does not depend on the number of candidates.
func (i *Index) Available(pool types.UID) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	n := 0
	for _, q := range i.queues[pool] {
		n += q.free.Len() + q.held.Len()
	}
	return n
}
