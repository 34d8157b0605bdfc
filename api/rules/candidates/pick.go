package candidates

import (
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
)

// Remembered is how long a pick is remembered. A claim that was picked for is bound, and its Sandbox adopted, within
// milliseconds; one whose creation failed after all gives its Sandbox back after this time.
const Remembered = 10 * time.Second

// Pick returns the name of a Sandbox for claim to be bound to, and remembers it, so that another claim gets another. It
// returns "" when there is none. seed spreads the picks of claims that look at the same moment: the claim's name, or
// what stands for it while it has none. now is the current time.
func (i *Index) Pick(claim *extensionsv1.SandboxClaim, seed string, now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	c := i.find(claim, seed, now)
	if c == nil {
		return ""
	}
	i.reserve(c.key, now)
	return c.key.Name
}

// Peek returns what Pick would, and remembers nothing.
func (i *Index) Peek(claim *extensionsv1.SandboxClaim, seed string, now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if c := i.find(claim, seed, now); c != nil {
		return c.key.Name
	}
	return ""
}

func (i *Index) find(claim *extensionsv1.SandboxClaim, seed string, now time.Time) *candidate {
	i.release(now)
	hash := func(template string) string {
		return i.hashes[types.NamespacedName{Namespace: claim.Namespace, Name: template}]
	}
	isCold := func(name string) bool { return rules.IsColdName(claim, name) }
	for _, want := range rules.Wants(claim, i.poolsFor(claim), hash) {
		shelves := i.shelves[want.Pool]
		for _, revision := range slices.SortedFunc(maps.Keys(shelves), byHash) {
			if !want.Accepts(revision) {
				continue
			}
			if c := shelves[revision].choose(seed, isCold); c != nil {
				return c
			}
		}
	}
	return nil
}

// poolsFor returns the pools that claim may draw on.
func (i *Index) poolsFor(claim *extensionsv1.SandboxClaim) []*extensionsv1.SandboxWarmPool {
	var pools []*extensionsv1.SandboxWarmPool
	for _, pool := range i.pools[claim.Namespace] {
		if rules.DrawsOn(claim, pool) {
			pools = append(pools, pool)
		}
	}
	return pools
}

// byHash gives the few revisions of a pool a fixed order.
func byHash(a, b rules.Revision) int {
	if a.Template+a.Hash < b.Template+b.Hash {
		return -1
	}
	return 1
}

// reserve takes the Sandbox of that name off its shelf until Remembered has passed.
func (i *Index) reserve(key types.NamespacedName, now time.Time) {
	i.taken.add(key, now.Add(Remembered))
	if c := i.sandboxes[key]; c != nil {
		i.unshelve(c)
	}
}

// release puts back what was picked too long ago and is still a candidate.
func (i *Index) release(now time.Time) {
	for _, key := range i.taken.expire(now) {
		if c := i.sandboxes[key]; c != nil {
			i.shelve(c)
		}
	}
}
