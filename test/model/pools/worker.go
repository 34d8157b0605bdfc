package pools

type place uint8

const (
	idle     place = iota
	counting       // find out how many members are missing in truth
	creating       // create what is missing, one after the other
	deleting       // delete members, one after the other
)

// worker reconciles one pool at a time.
type worker struct {
	place place
	at    uint8 // of the pool
	pool  pool  // as its cache had it
	plan  plan
	// version is that of the template, as the cache had it, and versions are those of the members that are to be deleted.
	version  uint8
	versions [maxSandboxes]uint16
	// unseen is how many of its creations the cache did not show, and caughtUp whether the cache had shown one of them.
	unseen   uint8
	caughtUp bool
	// created is how many Sandboxes it creates in this pass, and left how many of them are left to be created.
	created, left uint8
}

// begins reads the pool, its template and its members in the cache, and plans.
func (m *Model) begins(s *state, i int, at uint8) {
	c, w, t := &s.caches[i], &s.workers[i], &s.terms[i][at]
	*w = worker{at: at, pool: c.pools[at], version: c.version}
	if t.life != w.pool.life {
		*t = term{life: w.pool.life}
	}
	if m.off.Replaced {
		t.memory = 0
	}
	w.unseen, w.caughtUp = uint8(t.created.size()), t.caughtUp
	if m.off.Unseen {
		w.unseen = 0
	}
	members := c.sandboxes
	var shown set
	for n := range members {
		if !m.is.isMember(members[n], at, w.pool.life) {
			members[n] = sandbox{}
			continue
		}
		if !members[n].deleting {
			shown = shown.with(uint8(n))
		}
	}
	t.deleted = t.deleted.of(shown)
	w.plan = m.is.next(newQuestion(members, t.deleted, w, t.memory))
	t.memory = w.plan.refilled
	for n := range members {
		if w.plan.doomed.has(uint8(n)) {
			w.versions[n] = members[n].rv
		}
	}
	w.place = counting
	if w.plan.create == 0 {
		m.creates(s, i, asItShould)
	}
}

// goesOn takes the next step of a worker.
func (m *Model) goesOn(s *state, i int, ends uint8) {
	if ends == isRefused || ends == isLost {
		s.spent[map[uint8]int{isRefused: refuse, isLost: lose}[ends]]++
	}
	switch s.workers[i].place {
	case counting:
		m.counts(s, i)
	case creating:
		m.creates(s, i, ends)
	case deleting:
		m.deletes(s, i, ends)
	case idle:
	}
}

// counts finds out how many members are missing: by what the process remembers, or else by a live look.
func (m *Model) counts(s *state, i int) {
	w := &s.workers[i]
	t := &s.terms[i][w.at]
	if m.off.CaughtUpBefore {
		w.caughtUp = t.caughtUp
	}
	if m.off.FirstCount {
		w.caughtUp = true
	}
	missing, certain := m.is.missing(w.plan.create, w.unseen, w.caughtUp)
	if !certain {
		m.reached.Counts++
		var live set
		for n, obj := range s.sandboxes {
			if m.is.isMember(obj, w.at, w.pool.life) {
				live = live.with(uint8(n))
			}
		}
		t.created = t.created.of(live)
		missing = m.is.counted(w.pool.want, w.plan.create, uint8(live.size()))
	}
	w.created, w.left, w.place = missing, missing, creating
	if missing == 0 {
		m.creates(s, i, asItShould)
	}
}

// creates adds one Sandbox, if one is left to be created. After the last it goes on to the deletions.
func (m *Model) creates(s *state, i int, ends uint8) {
	w := &s.workers[i]
	t := &s.terms[i][w.at]
	if w.left > 0 {
		at, _ := m.free(s)
		w.left--
		if ends != isRefused {
			t.created = t.created.with(at)
			m.putSandbox(s, at, sandbox{exists: true, owner: owner{byPool, w.at, w.pool.life}, version: w.version})
			m.checkCreated(s, i)
		}
		if ends != asItShould { // Nothing more is created, and what cannot be replaced stays.
			*w = worker{}
			return
		}
	}
	if w.left > 0 {
		return
	}
	w.place = deleting
	if w.plan.doomed == 0 {
		m.ends(s, i)
	}
}

// deletes removes one member, in the version that the cache had.
func (m *Model) deletes(s *state, i int, ends uint8) {
	w := &s.workers[i]
	for at := range uint8(maxSandboxes) {
		if w.plan.doomed.has(at) {
			m.deleteOne(s, i, at, ends == isTerminating)
			w.plan.doomed, w.versions[at] = w.plan.doomed.without(at), 0
			break
		}
	}
	if w.plan.doomed == 0 {
		m.ends(s, i)
	}
}

func (m *Model) deleteOne(s *state, i int, at uint8, terminating bool) {
	w := &s.workers[i]
	now := s.sandboxes[at]
	if !now.exists || now.rv != w.versions[at] && !m.off.Version {
		m.reached.Conflicts++
		return
	}
	m.checkDeleted(s, i, at)
	t := &s.terms[i][w.at]
	t.deleted = t.deleted.with(at)
	m.terminate(s, at, terminating)
}

// terminate deletes a Sandbox, which may stay as terminating for a while.
func (m *Model) terminate(s *state, at uint8, stays bool) {
	now := s.sandboxes[at]
	now.deleting = true
	if !stays {
		now = sandbox{}
	}
	m.putSandbox(s, at, now)
}

// ends notes what was written.
func (m *Model) ends(s *state, i int) {
	w := &s.workers[i]
	s.terms[i][w.at].memory = m.is.written(w.plan, w.created)
	*w = worker{}
}
