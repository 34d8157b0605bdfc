package claims

import (
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/model/search"
)

// others takes a step of somebody who is no worker for claims: a user, a pool, the garbage collector.
func (m *Model) others(s *state, step search.Step) {
	a, b := int(step.A), int(step.B)
	switch step.Kind {
	case create, remove, expire, extend, rebindByHand:
		m.userOnClaim(s, step)
	case finalize:
		if b == 0 {
			m.removeClaim(s, a)
		} else {
			m.removeSandbox(s, name(a))
		}
	case refill:
		obj := s.newSandbox(owner{byPool, uint8(a), poolUID(a, int(s.poolLives[a]))})
		s.members = max(s.members, name(b))
		m.putSandbox(s, name(b), obj)
	case scaleDown:
		m.scalesDown(s, a, name(b))
	case replacePool:
		s.poolLives[a]++
	case squat:
		m.putSandbox(s, coldName(a), s.newSandbox(owner{}))
	default:
		m.onSandbox(s, step)
	}
}

// userOnClaim is what users do to a claim.
func (m *Model) userOnClaim(s *state, step search.Step) {
	number, b := int(step.A), int(step.B)
	c := s.claims[number]
	switch step.Kind {
	case create:
		c = claim{uid: claimUID(number, int(s.lives[number])), binding: name(b), pool: uint8(step.C)}
		s.lives[number]++
	case remove:
		if b == 0 {
			m.removeClaim(s, number)
			return
		}
		c.deleting = true
	case expire:
		c.expired, c.deletes = true, b == 1
	case extend:
		c.expired = false
	case rebindByHand:
		c.binding = name(b)
		if !m.is.mayEdit(number, s.claims[number], c) {
			return
		}
	default:
	}
	m.putClaim(s, number, c)
}

// onSandbox is what happens to a Sandbox.
func (m *Model) onSandbox(s *state, step search.Step) {
	n := name(step.A)
	obj := s.sandboxes[n]
	by := rules.GarbageCollector
	switch step.Kind {
	case drop:
		if step.B == 0 {
			m.removeSandbox(s, n)
			return
		}
		obj.deleting = true
	case becomeReady:
		obj.ready = true
	case turnUnready:
		obj.ready = false
	case collect:
		m.removeSandbox(s, n)
		return
	case orphan:
		obj.owner = owner{}
	case seize:
		number := uint8(step.B)
		obj.owner, by = owner{byClaim, number, s.claims[number].uid}, rules.User
	default:
	}
	if obj.owner != s.sandboxes[n].owner && !m.admitsSandbox(s, n, s.sandboxes[n], obj, by, 0) {
		return
	}
	m.putSandbox(s, n, obj)
}

// scalesDown deletes a member as a cache shows it: that version, and no other.
func (m *Model) scalesDown(s *state, i int, n name) {
	seen, now := s.caches[i].sandboxes[n], s.sandboxes[n]
	if now.uid != seen.uid || now.rv != seen.rv && !m.off.DeletionVersion {
		return
	}
	m.checkScaledDown(s, n)
	m.removeSandbox(s, n)
}
