package pools

import "fmt"

func (s *state) breaks(format string, args ...any) {
	if s.broken == "" {
		s.broken = fmt.Sprintf(format, args...)
	}
}

// members counts the Sandboxes of a pool in one of its lives, and those of them that are Ready and stay.
func (s *state) members(at, life uint8) (all, ready int) {
	for _, obj := range s.sandboxes {
		if obj.exists && obj.owner == (owner{byPool, at, life}) {
			all++
			if obj.ready && !obj.deleting {
				ready++
			}
		}
	}
	return all, ready
}

// checkCreated checks that a pool has no more Sandboxes, terminating ones included, than it may: one process creates none beyond what it
// has read that the pool wants, and several create as many times that at the most.
func (m *Model) checkCreated(s *state, i int) {
	w := &s.workers[i]
	all, _ := s.members(w.at, w.pool.life)
	most := int(w.pool.want)
	if m.size.Leaders > 1 {
		most = m.size.Leaders * (m.size.Want + m.size.Scale)
	}
	if all > most {
		s.breaks("pool %s has %d Sandboxes, and wants %d", poolName(w.at), all, w.pool.want)
	}
	if all > int(w.pool.want) {
		m.reached.Surplus++
	}
	if s.pools[w.at].life != w.pool.life {
		m.reached.ForGone++
	}
}

// checkDeleted checks that a pool deletes only what it controls, and, in a gentle world, leaves enough that is Ready.
func (m *Model) checkDeleted(s *state, i int, at uint8) {
	w, now := &s.workers[i], s.sandboxes[at]
	switch {
	case now.owner.kind == byClaim:
		s.breaks("pool %s deletes Sandbox %s, which a claim has", poolName(w.at), sandboxName(at))
	case now.owner.kind == nobody:
		s.breaks("pool %s deletes Sandbox %s, which nobody controls", poolName(w.at), sandboxName(at))
	case now.owner != owner{byPool, w.at, w.pool.life}:
		s.breaks("pool %s deletes Sandbox %s, which another pool controls", poolName(w.at), sandboxName(at))
	}
	_, ready := s.members(w.at, w.pool.life)
	m.reached.Deletions++
	if !now.ready || now.version == w.version {
		return
	}
	m.reached.Replacements++
	if left, least := ready-1, int(w.pool.want)-max(1, int(w.pool.want)/4); m.size.Gentle && left < least {
		s.breaks("pool %s replaces Sandbox %s, and only %d of %d are Ready then", poolName(w.at), sandboxName(at), left, w.pool.want)
	}
}

// Reached counts what the schedules have reached.
type Reached struct {
	// Counts are live looks at the members, Conflicts are deletions that a later version prevented, Surplus are creations beyond what the
	// pool wants, ForGone are those for a pool that is gone, and Replacements are deletions of what is Ready and out of date.
	Counts, Conflicts, Surplus, ForGone, Deletions, Replacements int
}

// Reached returns what the schedules have reached so far.
func (m *Model) Reached() Reached { return m.reached }

// And returns the sum of both.
func (r Reached) And(o Reached) Reached {
	return Reached{
		r.Counts + o.Counts, r.Conflicts + o.Conflicts, r.Surplus + o.Surplus, r.ForGone + o.ForGone, r.Deletions + o.Deletions,
		r.Replacements + o.Replacements,
	}
}

// Nothing names something that no schedule has reached, or returns "".
func (r Reached) Nothing() string {
	for name, n := range map[string]int{
		"a live look at the members": r.Counts, "a deletion of what has changed": r.Conflicts, "a surplus": r.Surplus,
		"a creation for a pool that is gone": r.ForGone, "a deletion": r.Deletions, "a replacement": r.Replacements,
	} {
		if n == 0 {
			return name
		}
	}
	return ""
}
