package pools

import "github.com/namesake-sandbox/namesake/test/model/search"

// Steps implements search.Model.
func (m *Model) Steps(s *state, into []search.Step) []search.Step {
	add := func(kind uint8, a, b int) {
		if m.may(s, kind) {
			into = append(into, search.Step{Kind: kind, A: int8(a), B: int8(b)})
		}
	}
	for i := range s.workers {
		m.cacheSteps(s, i, add)
		m.workerSteps(s, i, add)
	}
	for at := range s.sandboxes {
		m.sandboxSteps(s, at, add)
	}
	for p, obj := range s.pools[:m.size.Pools] {
		if obj.life == 0 {
			add(restore, p, 0)
			continue
		}
		add(remove, p, 0)
		add(scale, p, int(obj.want)+1)
		if obj.want > 0 {
			add(scale, p, int(obj.want)-1)
		}
	}
	add(edit, 0, 0)
	return into
}

func (m *Model) cacheSteps(s *state, i int, add func(kind uint8, a, b int)) {
	c := &s.caches[i]
	if c.lag > 0 {
		add(observe, i, nextSandbox)
	}
	if c.lag > 1 && m.may(s, relist) {
		add(observe, i, allSandboxes)
	}
	if c.poolsBehind {
		add(observe, i, allPools)
	}
	if c.templatesBehind {
		add(observe, i, allTemplates)
	}
}

func (m *Model) workerSteps(s *state, i int, add func(kind uint8, a, b int)) {
	if m.size.Leaders == 1 && int(s.leader) != i {
		return
	}
	add(crash, i, 0)
	w := &s.workers[i]
	if w.place == idle {
		for p := range m.size.Pools {
			if s.caches[i].pools[p].life > 0 {
				add(begin, i, p)
			}
		}
		return
	}
	if !m.canGoOn(s, i) {
		return
	}
	add(goOn, i, asItShould)
	if w.place == creating && m.may(s, refuse) {
		add(goOn, i, isRefused)
	}
	if w.place == creating && m.may(s, lose) {
		add(goOn, i, isLost)
	}
	if w.place == deleting && m.size.Finalizers {
		add(goOn, i, isTerminating)
	}
}

// canGoOn reports whether there is a place for what a worker creates next.
func (m *Model) canGoOn(s *state, i int) bool {
	_, found := m.free(s)
	return found || s.workers[i].place != creating
}

func (m *Model) sandboxSteps(s *state, at int, add func(kind uint8, a, b int)) {
	obj := s.sandboxes[at]
	if !obj.exists {
		return
	}
	if obj.deleting {
		add(finalize, at, 0)
		return
	}
	if obj.owner.kind != byPool {
		return // What becomes of it is nothing to a pool.
	}
	if !obj.ready {
		add(becomeReady, at, 0)
	}
	add(adopt, at, 0)
	add(drop, at, 0)
	if m.size.Finalizers {
		add(drop, at, 1)
	}
	if s.pools[obj.owner.of].life != obj.owner.life {
		add(collect, at, 0)
		add(orphan, at, 0)
	}
}

// others takes a step of somebody who is no worker.
func (m *Model) others(s *state, step search.Step) {
	a, b := uint8(step.A), uint8(step.B)
	switch step.Kind {
	case edit:
		s.writes++
		s.version = versions + 1 - s.version
		for i := range s.caches {
			s.caches[i].templatesBehind = true
		}
	case scale:
		obj := s.pools[a]
		obj.want = b
		m.putPool(s, a, obj)
	case remove:
		m.putPool(s, a, pool{})
	case restore:
		s.lives[a]++
		m.putPool(s, a, pool{life: s.lives[a], want: uint8(m.size.Want)})
	default:
		m.onSandbox(s, step.Kind, a, b == 1)
	}
}

// onSandbox is what happens to a Sandbox.
func (m *Model) onSandbox(s *state, kind, at uint8, stays bool) {
	obj := s.sandboxes[at]
	switch kind {
	case becomeReady:
		obj.ready = true
	case adopt:
		obj.owner = owner{kind: byClaim}
	case orphan:
		obj.owner = owner{}
	case drop:
		m.terminate(s, at, stays)
		return
	case finalize, collect:
		obj = sandbox{}
	default:
	}
	m.putSandbox(s, at, obj)
}
