package pools

import (
	"bytes"
	"slices"
)

// Key implements search.Model. A version of a Sandbox counts only as being the present one or not: one that is past never returns.
func (m *Model) Key(s *state, into []byte) []byte {
	into = append(into, s.version, bit(s.broken != ""), s.nEvents)
	into = append(into, s.spent[:]...)
	for p := range s.pools {
		into = append(into, s.pools[p].life, s.pools[p].want, s.lives[p])
	}
	for at := range s.sandboxes {
		into = sandboxKey(into, s, uint8(at), s.sandboxes[at])
	}
	for _, e := range s.events[:s.nEvents] {
		into = sandboxKey(append(into, e.at), s, e.at, e.object)
	}
	var parts [maxWorkers][]byte
	for i := range parts {
		parts[i] = m.partKey(s, i)
	}
	slices.SortFunc(parts[:], bytes.Compare) // Workers are alike.
	return append(into, slices.Concat(parts[:]...)...)
}

func bit(is bool) byte {
	if is {
		return 1
	}
	return 0
}

func sandboxKey(into []byte, s *state, at uint8, obj sandbox) []byte {
	if !obj.exists {
		return append(into, 0)
	}
	return append(into, 1|bit(obj.ready)<<1|bit(obj.deleting)<<2|bit(obj.rv == s.sandboxes[at].rv)<<3|byte(obj.owner.kind)<<4|obj.version<<6,
		obj.owner.of, obj.owner.life)
}

func (m *Model) partKey(s *state, i int) []byte {
	c, w := &s.caches[i], &s.workers[i]
	isLeader := m.size.Leaders == 1 && int(s.leader) == i
	part := []byte{byte(w.place), c.lag, bit(c.poolsBehind) | bit(c.templatesBehind)<<1 | bit(isLeader)<<2, c.version}
	for _, obj := range c.pools {
		part = append(part, obj.life, obj.want)
	}
	if c.lag > 0 {
		for at, obj := range c.sandboxes {
			part = sandboxKey(part, s, uint8(at), obj)
		}
	}
	for _, t := range s.terms[i] {
		part = append(part, t.life, bit(t.caughtUp), byte(t.created), byte(t.created>>8), byte(t.deleted), byte(t.deleted>>8),
			byte(t.memory), byte(t.memory>>8))
	}
	if w.place == idle {
		return part
	}
	part = append(part, w.at, w.pool.life, w.pool.want, w.version, w.unseen, bit(w.caughtUp), w.created, w.left,
		byte(w.plan.number), byte(w.plan.number>>8), byte(w.plan.doomed), byte(w.plan.doomed>>8))
	for at, version := range w.versions {
		part = append(part, bit(version == s.sandboxes[at].rv))
	}
	return part
}
