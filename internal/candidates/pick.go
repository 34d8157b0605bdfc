package candidates

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Pick returns the name of a Sandbox to bind claim to, which exists, and keeps it for ReservationTTL, so that another
// claim gets another one. It returns "" if there is none. now is the current time.
//
// Where all are held for claims that nobody has seen yet, Pick returns the one that has been held longest. Its claim has
// probably been refused. If not, the second of the two adoptions fails, and that claim is bound again.
func (i *Index) Pick(claim *extensionsv1.SandboxClaim, now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	c := i.find(claim, now, true)
	if c == nil {
		return ""
	}
	i.keep(c.key, now)
	return c.key.Name
}

// Hold is Pick for a claim that the API server may not have stored yet, and may refuse. It holds the Sandbox for
// ReservationTTL, which ObserveClaim prolongs. Where all are held, it returns one that has been held for holdOverdue, or "":
// then the claim is left to Pick, which costs one write more. So claims that come to nothing never hide a pool.
func (i *Index) Hold(claim *extensionsv1.SandboxClaim, now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	c := i.find(claim, now, false)
	if c == nil {
		return ""
	}
	i.reserved.hold(c.key, now.Add(ReservationTTL))
	i.place(c)
	return c.key.Name
}

// Peek returns what Hold would return, and reserves nothing.
func (i *Index) Peek(claim *extensionsv1.SandboxClaim, now time.Time) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if c := i.find(claim, now, false); c != nil {
		return c.key.Name
	}
	return ""
}

// find returns the candidate for claim, by the first of its preferences that any candidate fulfils. exists says that the
// claim exists, and so may have one that is held.
func (i *Index) find(claim *extensionsv1.SandboxClaim, now time.Time, exists bool) *candidate {
	i.release(now)
	hasTemplate := func(template string) bool { return i.snapshot(claim.Namespace, template) != nil }
	isCold := func(name string) bool { return rules.IsColdName(claim, name) }
	for _, want := range rules.Preferences(claim, i.poolsFor(claim), hasTemplate) {
		var free, held *candidate
		for revision, s := range i.queues[want.Pool] { // A pool has few queues.
			if !want.Matches(revision, i.isCurrent(s, claim.Namespace)) || rules.HasMetadataConflict(claim, s.sample.Spec.PodTemplate.Metadata) {
				continue
			}
			free, held = earlier(free, i.choose(s.free, isCold), inOrder), earlier(held, first(s.held, isCold), longestHeld)
		}
		switch {
		case free != nil:
			return free
		case held != nil && (exists || held.heldUntil.Sub(now) <= ReservationTTL-holdOverdue):
			return held
		case held != nil:
			return nil
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

// keep takes the Sandbox with that name out of reach until ReservationTTL has passed.
func (i *Index) keep(key types.NamespacedName, now time.Time) {
	i.reserved.keep(key, now.Add(ReservationTTL))
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

// release makes candidates available again whose reservations have ended.
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
