package claims

// Reached counts what schedules have reached, so that none pass because nothing happens in them.
type Reached struct {
	// Ready, Lost, Blocked and Expired are claims that ended so, once faults had stopped: with a Ready Sandbox, after they lost it, because
	// its name is taken, because their time is up.
	Ready, Lost, Blocked, Expired int
	// Adopted and Created are Sandboxes that claims got. Rebound are bindings that were rewritten, Again Sandboxes that a claim got after it
	// had released one, and Misfits bindings to a Sandbox of another pool.
	Adopted, Created, Rebound, Again, Misfits int
}

// And returns what was reached by r or by other.
func (r Reached) And(other Reached) Reached {
	return Reached{
		Ready: r.Ready + other.Ready, Lost: r.Lost + other.Lost, Blocked: r.Blocked + other.Blocked, Expired: r.Expired + other.Expired,
		Adopted: r.Adopted + other.Adopted, Created: r.Created + other.Created, Rebound: r.Rebound + other.Rebound,
		Again: r.Again + other.Again, Misfits: r.Misfits + other.Misfits,
	}
}

// Nothing returns what was not reached at all, or "".
func (r Reached) Nothing() string {
	for _, what := range []struct {
		name string
		n    int
	}{
		{"a Ready claim", r.Ready}, {"a lost Sandbox", r.Lost}, {"a name that is taken", r.Blocked}, {"the end of a claim", r.Expired},
		{"an adoption", r.Adopted}, {"a creation", r.Created}, {"a second binding", r.Rebound}, {"a Sandbox after an end", r.Again},
		{"a pick that does not fit", r.Misfits},
	} {
		if what.n == 0 {
			return what.name
		}
	}
	return ""
}

// Reached returns what the schedules have reached that were tried with m.
func (m *Model) Reached() Reached { return m.reached }

// noteClaim counts what the write of a claim reaches.
func (m *Model) noteClaim(s *state, number int, old, obj claim) {
	if old.uid != obj.uid {
		s.released[number] = false
	}
	switch {
	case old.uid == obj.uid && old.binding != 0 && old.binding != obj.binding:
		m.reached.Rebound++
	case obj.pool != 0 && old.binding == 0 && obj.binding != 0 && misfit(obj, s.sandboxes[obj.binding]):
		m.reached.Misfits++
	case old.record != 0 && obj.record == 0 && obj.uid == old.uid:
		s.released[number] = true
	case old.record == 0 && obj.record != 0 && s.released[number]:
		m.reached.Again++
	}
}

// noteClaimed counts a Sandbox that a claim gets. old is the Sandbox before, which may not exist.
func (m *Model) noteClaimed(old sandbox) {
	if old.uid == 0 {
		m.reached.Created++
	} else {
		m.reached.Adopted++
	}
}
