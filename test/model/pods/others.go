package pods

import (
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/model/search"
)

// Steps implements search.Model.
func (m *Model) Steps(s *state, into []search.Step) []search.Step {
	add := func(kind uint8, a, b, c int) {
		if int(s.spent[kind]) < m.budget[kind] {
			into = append(into, search.Step{Kind: kind, A: int8(a), B: int8(b), C: int8(c)})
		}
	}
	for i := range s.workers {
		m.workerSteps(s, i, add)
	}
	for at, obj := range s.sandboxes[:m.size.Sandboxes] {
		if obj.uid == 0 {
			add(restore, at, 0, 0)
			continue
		}
		add(toggle, at, 0, 0)
		add(remove, at, 0, 0)
	}
	for at := range s.pods {
		m.podSteps(s, at, add)
	}
	return into
}

func (m *Model) workerSteps(s *state, i int, add func(kind uint8, a, b, c int)) {
	if s.caches[i].sandboxesBehind {
		add(observe, i, 0, 0)
	}
	if s.caches[i].podsBehind {
		add(observe, i, 1, 0)
	}
	if s.workers[i].place == idle {
		for at := range m.size.Sandboxes {
			if s.caches[i].sandboxes[at].uid != 0 {
				add(begin, i, at, 0)
			}
		}
		return
	}
	add(crash, i, 0, 0)
	add(goOn, i, 0, 0)
	if s.workers[i].place == deletePod {
		add(goOn, i, 1, 0)
	}
}

func (m *Model) podSteps(s *state, at int, add func(kind uint8, a, b, c int)) {
	p := s.pods[at]
	if p.uid == 0 {
		for of := range m.size.Sandboxes + 1 {
			add(create, at, of, 0)
		}
		add(create, at, 0, 1)
		return
	}
	add(drop, at, 0, 0)
	if p.deleting {
		add(finalize, at, 0, 0)
	}
	if !p.ended && p.ofUID != 0 && s.sandboxes[p.of].task {
		add(end, at, 0, 0)
	}
	if p.ofUID != 0 && s.sandboxes[p.of].uid != p.ofUID {
		add(collect, at, 0, 0)
	}
	for of := range m.size.Sandboxes {
		if s.sandboxes[of].uid != 0 && !p.isOf(uint8(of), s.sandboxes[of]) {
			add(seize, at, of, 0)
		}
	}
}

// others takes a step of somebody who is no worker.
func (m *Model) others(s *state, step search.Step) {
	a := uint8(step.A)
	switch step.Kind {
	case create, seize:
		m.userOnPod(s, step)
	case drop, finalize, collect:
		m.putPod(s, a, pod{})
	case end:
		p := s.pods[a]
		p.ended = true
		m.putPod(s, a, p)
	case toggle:
		obj := s.sandboxes[a]
		obj.suspended = !obj.suspended
		m.putSandbox(s, a, obj)
	case remove:
		m.putSandbox(s, a, sandbox{})
	case restore:
		m.newSandbox(s, a)
	default:
	}
}

// userOnPod is what users do to the owner of a Pod.
func (m *Model) userOnPod(s *state, step search.Step) {
	at, of := uint8(step.A), uint8(step.B)
	old, next := s.pods[at], s.pods[at]
	if step.Kind == create {
		next = pod{byUser: true, adoptable: step.C == 1}
		if of > 0 {
			next.of, next.ofUID = of-1, s.sandboxes[of-1].uid
		}
	} else {
		next.of, next.ofUID = of, s.sandboxes[of].uid
	}
	if !m.is.admits(at, old, next, s.sandboxes[next.of], rules.User) {
		return
	}
	if step.Kind == create {
		next = m.newPod(s, next)
	}
	m.putPod(s, at, next)
}
