package claims

import (
	"bytes"
	"slices"
)

// Key implements search.Model. A version of an object counts only as being the present one or not: one that is past never returns.
func (m *Model) Key(s *state, into []byte) []byte {
	for i := range m.size.Claims {
		into = claimKey(into, s.claims[i])
		into = append(into, s.lives[i])
	}
	for n := 1; n < maxNames; n++ {
		if obj := s.sandboxes[n]; obj.uid != 0 {
			p := s.pasts[n]
			into = sandboxKey(append(into, byte(n)), obj)
			into = append(into, p.claim, p.changes, bit(p.ended, 0))
		}
	}
	into = append(into, 0xff, s.poolLives[0], s.poolLives[1], s.members, s.lastUID, bit(s.broken != "", 0))
	into = append(into, s.spent[:]...)
	for _, e := range s.claimEvents.events[:s.claimEvents.n] {
		into = claimKey(append(into, e.at, bit(e.object.rv == s.claims[e.at].rv, 0)), e.object)
	}
	into = append(into, 0xfe)
	for _, e := range s.sandboxEvents.events[:s.sandboxEvents.n] {
		into = sandboxKey(append(into, e.at, bit(e.object.rv == s.sandboxes[e.at].rv, 0)), e.object)
	}
	into = append(into, 0xfd)
	// Workers are alike: it is the same which of them is where.
	var parts [maxWorkers][]byte
	begin := len(into)
	for i := range m.size.Workers {
		from := len(into)
		into = m.workerKey(s, &s.workers[i], m.cacheKey(s, i, into))
		parts[i] = into[from:len(into):len(into)]
	}
	slices.SortFunc(parts[:m.size.Workers], bytes.Compare)
	into = slices.Concat(into[:begin], slices.Concat(parts[:m.size.Workers]...))
	for i := m.size.Workers; i < m.caches(); i++ {
		into = m.cacheKey(s, i, into)
	}
	return into
}

func bit(is bool, at int) byte {
	if is {
		return 1 << at
	}
	return 0
}

func claimKey(into []byte, c claim) []byte {
	if c.uid == 0 {
		return append(into, 0)
	}
	return append(into, c.uid, c.binding, c.record, c.recordUID, c.pool, c.ready, bit(c.deleting, 0)|bit(c.expired, 1)|bit(c.deletes, 2))
}

func sandboxKey(into []byte, s sandbox) []byte {
	return append(into, s.uid, byte(s.owner.kind), s.owner.of, s.owner.uid, bit(s.deleting, 0)|bit(s.ready, 1))
}

func (m *Model) cacheKey(s *state, i int, into []byte) []byte {
	c := &s.caches[i]
	into = append(into, c.claimsLag, c.sandboxesLag)
	if c.claimsLag > 0 {
		for number := range m.size.Claims {
			into = claimKey(append(into, bit(c.claims[number].rv == s.claims[number].rv, 0)), c.claims[number])
		}
	}
	if c.sandboxesLag > 0 {
		for n := 1; n < maxNames; n++ {
			if c.sandboxes[n].uid != 0 {
				into = sandboxKey(append(into, byte(n), bit(c.sandboxes[n].rv == s.sandboxes[n].rv, 0)), c.sandboxes[n])
			}
		}
	}
	return append(into, 0xfc)
}

func (m *Model) workerKey(s *state, w *worker, into []byte) []byte {
	into = append(into, byte(w.place))
	if w.place == idle {
		return into
	}
	into = append(into, w.number, w.name, w.choice, byte(w.problem), bit(w.live, 0)|
		bit(w.claim.rv == s.claims[w.number].rv, 1)|bit(w.base == s.sandboxes[w.name].rv, 2))
	into = claimKey(into, w.claim)
	into = sandboxKey(into, w.seen)
	return sandboxKey(into, w.next)
}
