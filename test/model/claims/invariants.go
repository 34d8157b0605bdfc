package claims

import "fmt"

// invariant is one of those that the writes of claims and Sandboxes keep.
type invariant uint8

const (
	oneClaim    invariant = iota // a Sandbox serves one claim, and its controller changes once
	oneSandbox                   // a claim controls one Sandbox at a time
	notReplaced                  // a claim that had a Sandbox gets no other
	fits                         // a claim gets what fits it
	expiry                       // a Sandbox is deleted for an expiry only if its claim has expired
	keptByPool                   // a pool deletes nothing that a claim has
	rebound                      // a binding is rewritten for final reasons only
)

// breaks notes the first invariant that is broken, or, in a search for all of them, each.
func (m *Model) breaks(s *state, what invariant, format string, args ...any) {
	if m.all {
		m.broken |= 1 << what
		return
	}
	s.breaks(format, args...)
}

func (s *state) breaks(format string, args ...any) {
	if s.broken == "" {
		s.broken = fmt.Sprintf(format, args...)
	}
}

// checkClaim checks the write of a claim.
func (m *Model) checkClaim(s *state, number int, old, obj claim) {
	if obj.uid != old.uid {
		return
	}
	if old.record != 0 && old.record != obj.record && (obj.record != 0 || !obj.expired) {
		m.breaks(s, notReplaced, "claim %s reports Sandbox %q after %q", claimName(number), names[obj.record], names[old.record])
	}
	for other, c := range s.claims {
		if other != number && c.recordUID != 0 && c.recordUID == obj.recordUID && c.record == obj.record {
			m.breaks(s, oneClaim, "claims %s and %s report the same Sandbox %q", claimName(number), claimName(other), names[obj.record])
		}
	}
	if b := old.binding; b != 0 && b != obj.binding && !m.size.Harm {
		switch bound := s.sandboxes[b]; {
		case old.record != 0:
			m.breaks(s, rebound, "claim %s, which has had Sandbox %q, is bound anew", claimName(number), names[old.record])
		case b == coldName(number) || b == altName(old.uid):
			m.breaks(s, rebound, "claim %s loses its cold binding to Sandbox %q", claimName(number), names[b])
		case bound.owner.kind == byClaim && bound.owner.uid == old.uid:
			m.breaks(s, rebound, "claim %s is bound anew while it controls Sandbox %q", claimName(number), names[b])
		case bound.uid != 0 && !bound.deleting && bound.owner.kind == byPool && !misfit(old, bound):
			m.breaks(s, rebound, "claim %s is bound anew, although it can still adopt Sandbox %q", claimName(number), names[b])
		}
	}
	if obj.expired {
		m.noteExpired(s, obj.uid)
	}
}

// misfit reports whether a Sandbox is in another pool than the claim names.
func misfit(c claim, s sandbox) bool {
	return c.pool != 0 && s.owner.kind == byPool && s.owner.of != c.pool-1
}

// noteExpired notes of all Sandboxes of a claim that it has expired.
func (m *Model) noteExpired(s *state, uid uint8) {
	for n := range s.sandboxes {
		if s.sandboxes[n].owner == (owner{byClaim, uint8(claimOf(uid)), uid}) {
			s.pasts[n].ended = true
		}
	}
}

// checkSandbox checks the write of a Sandbox.
func (m *Model) checkSandbox(s *state, n name, old, obj sandbox) {
	if obj.uid != old.uid {
		s.pasts[n] = past{}
	}
	if obj.uid == 0 || obj.uid == old.uid && obj.owner == old.owner {
		return
	}
	p := &s.pasts[n]
	if obj.uid == old.uid && obj.owner.kind != nobody {
		p.changes++
		switch {
		case old.owner.kind == nobody:
			m.breaks(s, oneClaim, "Sandbox %q, which nobody controlled, comes under %s", names[n], describe(obj.owner))
		case old.owner.kind != byPool || obj.owner.kind != byClaim:
			m.breaks(s, oneClaim, "the controller of Sandbox %q changes from %s to %s", names[n], describe(old.owner), describe(obj.owner))
		case p.changes > 1:
			m.breaks(s, oneClaim, "the controller of Sandbox %q changes a second time", names[n])
		}
	}
	if obj.owner.kind == byClaim {
		m.checkClaimed(s, n, old, obj)
		m.noteClaimed(old)
	}
}

// checkClaimed checks that a claim comes to control a Sandbox.
func (m *Model) checkClaimed(s *state, n name, old, obj sandbox) {
	p, number := &s.pasts[n], int(obj.owner.of)
	if p.claim != 0 && p.claim != obj.owner.uid {
		m.breaks(s, oneClaim, "Sandbox %q serves claim %s after another claim", names[n], claimName(number))
	}
	p.claim = obj.owner.uid
	for other := range s.sandboxes {
		if other != int(n) && s.sandboxes[other].owner == obj.owner {
			m.breaks(s, oneSandbox, "claim %s controls two Sandboxes: %q and %q", claimName(number), names[other], names[n])
		}
	}
	c := s.claims[number]
	if c.uid != obj.owner.uid {
		return // It is gone, and the garbage collector removes the Sandbox.
	}
	if misfit(c, old) {
		m.breaks(s, fits, "claim %s of pool %s adopts Sandbox %q of another pool", claimName(number), poolName(int(c.pool)-1), names[n])
	}
	if m.size.Atomic && c.record != 0 {
		m.breaks(s, notReplaced, "claim %s gets Sandbox %q after it had one", claimName(number), names[n])
	}
	p.ended = c.expired
}

// checkEnded checks that a worker deletes the Sandbox of a claim that has expired. What happens to the claim after it was read live for
// that is too late, be it more time, or its deletion without that of the Sandbox.
func (m *Model) checkEnded(s *state, n name, of claim) {
	switch p := s.pasts[n]; {
	case p.claim != of.uid:
		m.breaks(s, expiry, "Sandbox %q, which is not that of the claim, is deleted because the claim has expired", names[n])
	case !p.ended:
		m.breaks(s, expiry, "Sandbox %q is deleted, and its claim %s has not expired since it has it", names[n], claimName(claimOf(of.uid)))
	}
}

// checkScaledDown checks that a pool deletes a Sandbox.
func (m *Model) checkScaledDown(s *state, n name) {
	if obj := s.sandboxes[n]; obj.owner.kind == byClaim {
		m.breaks(s, keptByPool, "a pool deletes Sandbox %q, which claim %s has", names[n], claimName(int(obj.owner.of)))
	}
}

func describe(o owner) string {
	switch o.kind {
	case byPool:
		return "pool " + poolName(int(o.of))
	case byClaim:
		return "claim " + claimName(int(o.of))
	case nobody:
	}
	return "nobody"
}
