package claims

import "github.com/namesake-sandbox/namesake/test/model/search"

// Steps implements search.Model.
func (m *Model) Steps(s *state, into []search.Step) []search.Step {
	for i := range m.size.Workers {
		into = m.workerSteps(s, i, into)
	}
	for i := range m.caches() {
		if s.caches[i].claimsLag > 0 {
			into = append(into, newStep(observe, i, 0))
		}
		if s.caches[i].sandboxesLag > 0 {
			into = append(into, newStep(observe, i, 1))
		}
	}
	for number := range m.size.Claims {
		into = m.claimSteps(s, number, into)
	}
	for n := 1; n < maxNames; n++ {
		into = m.sandboxSteps(s, n, into)
	}
	for pool := range m.size.Pools {
		into = m.poolSteps(s, pool, into)
	}
	return into
}

// may reports whether there is a budget left for a step of that kind.
func (m *Model) may(s *state, kind uint8) bool { return int(s.spent[kind]) < m.budget[kind] }

func (m *Model) workerSteps(s *state, i int, into []search.Step) []search.Step {
	w := &s.workers[i]
	if w.place == idle {
		for number := range m.size.Claims {
			if c := s.caches[i].claims[number]; c.uid != 0 && !c.deleting {
				into = m.beginnings(s, i, number, into)
			}
		}
		return into
	}
	if m.may(s, crash) {
		into = append(into, newStep(crash, i))
	}
	if w.place == readBound && m.size.Fused {
		return m.readings(s, i, into)
	}
	for _, choice := range m.choices(s, i) {
		into = append(into, newStep(goOn, i, int(choice)))
	}
	if w.place == readBound && m.mayPass(w, w.claim, s.sandboxes[w.claim.binding]) {
		into = append(into, newStep(goOn, i, 0, 1))
	}
	return into
}

// beginnings appends a step for each way in which a worker can begin with a claim.
func (m *Model) beginnings(s *state, i, number int, into []search.Step) []search.Step {
	if !m.size.Fused {
		return append(into, newStep(begin, i, number))
	}
	m.size.Fused = false // Only to see what the worker is about to do.
	m.begins(s, i, number, 0)
	m.size.Fused = true
	for _, choice := range m.choices(s, i) {
		into = append(into, newStep(begin, i, number, int(choice)))
	}
	s.workers[i] = worker{}
	return into
}

// readings appends a step for each way in which a worker can go on after it has read the Sandbox live.
func (m *Model) readings(s *state, i int, into []search.Step) []search.Step {
	before := s.workers[i]
	passing := 0
	if m.mayPass(&before, before.claim, s.sandboxes[before.claim.binding]) {
		passing = 1
	}
	for p := range passing + 1 {
		m.decide(s, i, p == 1)
		for _, choice := range m.choices(s, i) {
			into = append(into, newStep(goOn, i, int(choice), p))
		}
		s.workers[i] = before
	}
	return into
}

// choices returns what a worker may choose in its next step: a Sandbox or none, or the replica whose webhook is asked.
func (m *Model) choices(s *state, i int) []name {
	w := &s.workers[i]
	m.buffer = m.buffer[:0]
	asks := w.place == sendAdoption && m.size.Webhooks || w.place == sendCreation && m.off.AdopterLive
	switch {
	case w.place == choose:
		for n := name(1); n < firstCold; n++ {
			if obj := s.caches[i].sandboxes[n]; obj.uid != 0 && m.is.fits(int(w.number), w.claim, n, obj) {
				m.buffer = append(m.buffer, n)
			}
		}
		m.buffer = append(m.buffer, 0)
	case asks:
		for replica := range m.caches() {
			m.buffer = append(m.buffer, name(replica))
		}
	default:
		m.buffer = append(m.buffer, 0)
	}
	return m.buffer
}

func (m *Model) claimSteps(s *state, number int, into []search.Step) []search.Step {
	c := s.claims[number]
	if c.uid == 0 {
		if s.lives[number] < maxLives && m.may(s, create) {
			into = m.creations(s, number, into)
		}
		return into
	}
	if c.deleting {
		into = append(into, newStep(finalize, number, 0))
	} else if m.may(s, remove) {
		into = append(into, newStep(remove, number, 0))
		if m.size.Budget.Finalizers {
			into = append(into, newStep(remove, number, 1))
		}
	}
	if !c.expired && m.may(s, expire) {
		into = append(into, newStep(expire, number, 0), newStep(expire, number, 1))
	}
	if c.expired && m.may(s, extend) {
		into = append(into, newStep(extend, number))
	}
	if s.sandboxes[coldName(number)].uid == 0 && m.may(s, squat) {
		into = append(into, newStep(squat, number))
	}
	if m.may(s, rebindByHand) {
		for n := 1; n < maxNames; n++ {
			if s.sandboxes[n].uid != 0 && name(n) != c.binding {
				into = append(into, newStep(rebindByHand, number, n))
			}
		}
	}
	return into
}

// creations appends a step for each claim that a user may create, with each binding that it may get: what any replica's webhook picks, or
// what users make up.
func (m *Model) creations(s *state, number int, into []search.Step) []search.Step {
	for pool := range m.size.Pools + 1 {
		if pool == 1 && m.size.Pools == 1 {
			break // It is the pool of the template as well.
		}
		into = append(into, newStep(create, number, 0, pool))
		for n := 1; n < maxNames; n++ {
			if s.mayBeBound(m, name(n)) {
				into = append(into, newStep(create, number, n, pool))
			}
		}
	}
	return into
}

// mayBeBound reports whether a new claim may get a binding to the Sandbox of that name. The pick need not fit the claim: a webhook of
// somebody else's may change the claim after it.
func (s *state) mayBeBound(m *Model, n name) bool {
	if m.size.MadeUp {
		return s.sandboxes[n].uid != 0
	}
	if !m.size.Webhooks || n >= firstCold {
		return false
	}
	for i := range m.caches() {
		if obj := s.caches[i].sandboxes[n]; obj.uid != 0 && m.is.fits(0, claim{uid: 1}, n, obj) {
			return true
		}
	}
	return false
}

func (m *Model) sandboxSteps(s *state, at int, into []search.Step) []search.Step {
	obj := s.sandboxes[at]
	if m.may(s, scaleDown) {
		for i := range m.caches() {
			if seen := s.caches[i].sandboxes[at]; seen.owner.kind == byPool && obj.uid != 0 {
				into = append(into, newStep(scaleDown, i, at))
			}
		}
	}
	if obj.uid == 0 {
		return into
	}
	if obj.deleting {
		into = append(into, newStep(finalize, at, 1))
	} else if m.may(s, drop) {
		into = append(into, newStep(drop, at, 0))
		if m.size.Budget.Finalizers {
			into = append(into, newStep(drop, at, 1))
		}
	}
	if !obj.ready {
		into = append(into, newStep(becomeReady, at))
	} else if m.may(s, turnUnready) {
		into = append(into, newStep(turnUnready, at))
	}
	if obj.owner.kind != nobody && m.isGone(s, obj.owner) {
		into = append(into, newStep(collect, at))
		if m.may(s, orphan) {
			into = append(into, newStep(orphan, at))
		}
	}
	if m.may(s, seize) {
		for number := range m.size.Claims {
			if s.claims[number].uid != 0 {
				into = append(into, newStep(seize, at, number))
			}
		}
	}
	return into
}

// isGone reports whether the owner of a Sandbox does not exist.
func (m *Model) isGone(s *state, o owner) bool {
	if o.kind == byPool {
		return poolUID(int(o.of), int(s.poolLives[o.of])) != o.uid
	}
	return s.claims[o.of].uid != o.uid
}

func (m *Model) poolSteps(s *state, pool int, into []search.Step) []search.Step {
	if m.may(s, refill) {
		if s.members < maxMembers {
			into = append(into, newStep(refill, pool, int(s.members)+1))
		}
		for n := 1; m.off.NewNames && n <= int(s.members); n++ {
			if s.sandboxes[n].uid == 0 {
				into = append(into, newStep(refill, pool, n))
			}
		}
	}
	if m.may(s, replacePool) {
		into = append(into, newStep(replacePool, pool))
	}
	return into
}
