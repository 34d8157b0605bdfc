package pools

// These are what a cache shows at a time.
const (
	nextSandbox = iota
	allPools
	allTemplates
	allSandboxes
)

// putSandbox stores a Sandbox, and tells the caches of it, as late as they like.
func (m *Model) putSandbox(s *state, at uint8, obj sandbox) {
	s.writes++
	obj.rv = s.sandboxes[at].rv + 1
	s.sandboxes[at] = obj
	var most uint8
	for i := range s.caches {
		if int(s.caches[i].lag) == m.size.Lag {
			m.showNext(s, i)
		}
		s.caches[i].lag++
		most = max(most, s.caches[i].lag)
	}
	if s.nEvents == most { // The first of them is one that every cache has shown.
		copy(s.events[:], s.events[1:])
		s.nEvents--
	}
	s.events[s.nEvents] = event{at, obj}
	s.nEvents++
}

func (m *Model) putPool(s *state, p uint8, obj pool) {
	s.writes++
	s.pools[p] = obj
	for i := range s.caches {
		s.caches[i].poolsBehind = true
	}
}

// show lets a cache show something that it has not shown yet.
func (m *Model) show(s *state, i int, what uint8) {
	c := &s.caches[i]
	switch what {
	case allPools:
		c.pools, c.poolsBehind = s.pools, false
		for p, obj := range c.pools {
			if s.terms[i][p].life != obj.life {
				s.terms[i][p] = term{} // It is by UID, so that it does not matter when it is forgotten.
			}
		}
	case allTemplates:
		c.version, c.templatesBehind = s.version, false
	case allSandboxes:
		for at := range c.sandboxes {
			m.showOne(s, i, uint8(at), s.sandboxes[at])
		}
		c.lag = 0
	default:
		m.showNext(s, i)
	}
	m.tidy(s)
}

// showNext brings a cache one event of Sandboxes further.
func (m *Model) showNext(s *state, i int) {
	e := s.events[s.nEvents-s.caches[i].lag]
	s.caches[i].lag--
	m.showOne(s, i, e.at, e.object)
}

// showOne lets a cache show a Sandbox as it was. The process notes which of its creations are shown, by an event.
func (m *Model) showOne(s *state, i int, at uint8, obj sandbox) {
	old := s.caches[i].sandboxes[at]
	s.caches[i].sandboxes[at] = obj
	if old.exists || !obj.exists || obj.owner.kind != byPool {
		return
	}
	t := &s.terms[i][obj.owner.of]
	if t.life == obj.owner.life && t.created.has(at) {
		t.created, t.caughtUp = t.created.without(at), true
	}
}

// tidy forgets the events that every cache has shown.
func (m *Model) tidy(s *state) {
	var most uint8
	for i := range s.caches {
		most = max(most, s.caches[i].lag)
	}
	if gone := s.nEvents - most; gone > 0 {
		copy(s.events[:], s.events[gone:])
		s.nEvents = most
	}
	for i := s.nEvents; i < maxLag; i++ {
		s.events[i] = event{}
	}
}

// free returns a place for a new Sandbox: one that nothing refers to any more.
func (m *Model) free(s *state) (at uint8, found bool) {
	var taken set
	for n := range uint8(maxSandboxes) {
		if s.sandboxes[n].exists {
			taken = taken.with(n)
		}
		for i := range s.caches {
			if s.caches[i].sandboxes[n].exists {
				taken = taken.with(n)
			}
		}
	}
	for _, e := range s.events[:s.nEvents] {
		taken = taken.with(e.at)
	}
	for i := range s.workers {
		taken |= s.workers[i].plan.doomed
		for _, t := range s.terms[i] {
			taken |= t.created | t.deleted
		}
	}
	for at = range uint8(maxSandboxes) {
		if !taken.has(at) {
			return at, true
		}
	}
	return 0, false
}
