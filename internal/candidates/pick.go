package candidates

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// ReservationTTL is how long a pick stays reserved. A claim that gets a pick is bound and adopts its Sandbox within
// milliseconds. If the creation of the claim fails after all, its Sandbox becomes available again after this time.
const ReservationTTL = 10 * time.Second

// Pick returns the name of a Sandbox to bind claim to, and reserves it, so that another claim gets another one. It
// returns "" if there is none. now is the current time.
func (i *Index) Pick(claim *extensionsv1.SandboxClaim, now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	c := i.find(claim, now)
	if c == nil {
		return ""
	}
	i.reserve(c.key, now)
	return c.key.Name
}

// Peek returns what Pick would return, and reserves nothing.
func (i *Index) Peek(claim *extensionsv1.SandboxClaim, now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if c := i.find(claim, now); c != nil {
		return c.key.Name
	}
	return ""
}

func (i *Index) find(claim *extensionsv1.SandboxClaim, now time.Time) *candidate {
	i.release(now)
	exists := func(template string) bool { return i.snapshot(claim.Namespace, template) != nil }
	isCold := func(name string) bool { return rules.IsColdName(claim, name) }
	for _, want := range rules.Preferences(claim, i.poolsFor(claim), exists) {
		var found *candidate
		for revision, s := range i.queues[want.Pool] { // A pool has few queues.
			if !want.Matches(revision, i.isCurrent(s, claim.Namespace)) || rules.HasMetadataConflict(claim, s.sample.Spec.PodTemplate.Metadata) {
				continue
			}
			if c := s.first(isCold); c != nil && (found == nil || compare(c, found) < 0) {
				found = c
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// isCurrent reports whether the candidates of s are what their template makes now.
func (i *Index) isCurrent(s *queue, namespace string) bool {
	snapshot := i.snapshot(namespace, s.group.Template)
	return snapshot != nil && snapshot.Matches(s.sample)
}

func (i *Index) snapshot(namespace, template string) *rules.TemplateSnapshot {
	return i.snapshots[types.NamespacedName{Namespace: namespace, Name: template}]
}

// poolsFor returns the pools that SelectsPool accepts for claim.
func (i *Index) poolsFor(claim *extensionsv1.SandboxClaim) []*extensionsv1.SandboxWarmPool {
	var pools []*extensionsv1.SandboxWarmPool
	for _, pool := range i.pools[claim.Namespace] {
		if rules.SelectsPool(claim, pool) {
			pools = append(pools, pool)
		}
	}
	return pools
}

// reserve removes the Sandbox with that name from its queue until ReservationTTL has passed.
func (i *Index) reserve(key types.NamespacedName, now time.Time) {
	i.reserved.add(key, now.Add(ReservationTTL))
	if c := i.sandboxes[key]; c != nil {
		i.place(c)
	}
}

// Release puts back what was picked too long ago and is still a candidate. Picking does so, too; Release is for claims that wait
// while nobody picks. now is the current time.
func (i *Index) Release(now time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.release(now)
}

// release makes candidates available again whose reservations have expired.
func (i *Index) release(now time.Time) {
	for _, key := range i.reserved.expire(now) {
		if c := i.sandboxes[key]; c != nil {
			i.place(c)
		}
	}
}

// samples returns a Sandbox of each group that a template made.
func (i *Index) samples(template types.NamespacedName) []*sandboxv1.Sandbox {
	i.mu.Lock()
	defer i.mu.Unlock()
	var found []*sandboxv1.Sandbox
	for _, groups := range i.queues {
		for group, queue := range groups {
			if group.Template == template.Name && queue.sample.Namespace == template.Namespace {
				found = append(found, queue.sample)
			}
		}
	}
	return found
}
