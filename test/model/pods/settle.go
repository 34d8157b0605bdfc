package pods

import "fmt"

const (
	settleRounds = 12
	settleSteps  = 12
)

// Settle lets faults stop in a copy of s: what is terminating ends, the garbage collector does its work, caches show all there is, and the
// workers reconcile each Sandbox until nothing changes. It returns what is wrong then, or "".
func (m *Model) Settle(state *state) string {
	s := *state
	for range settleRounds {
		before := s.lastRV
		for i := range s.workers {
			m.finish(&s, i)
		}
		for at := range m.size.Sandboxes {
			m.calm(&s)
			if s.sandboxes[at].uid != 0 {
				m.begins(&s, 0, uint8(at))
				m.finish(&s, 0)
			}
		}
		if s.broken != "" {
			return s.broken
		}
		if s.lastRV == before {
			return m.judge(&s)
		}
	}
	return "the Sandboxes do not come to rest"
}

// calm ends what goes on outside the workers.
func (m *Model) calm(s *state) {
	for at, p := range s.pods {
		if p.deleting || p.ofUID != 0 && s.sandboxes[p.of].uid != p.ofUID {
			m.putPod(s, uint8(at), pod{})
		}
	}
	for i := range s.caches {
		m.show(s, i, 0)
		m.show(s, i, 1)
	}
}

func (m *Model) finish(s *state, i int) {
	for range settleSteps {
		if s.workers[i].place == idle {
			return
		}
		m.goesOn(s, i, false)
	}
	s.breaks("worker %d does not come to an end", i+1)
}

// judge returns which Sandbox is not as it should be, or "".
func (m *Model) judge(s *state) string {
	for at, obj := range s.sandboxes[:m.size.Sandboxes] {
		if obj.uid == 0 {
			continue
		}
		own := s.pods[obj.podName]
		has := own.isOf(uint8(at), obj)
		switch {
		case obj.suspended && has:
			return fmt.Sprintf("Sandbox %q is suspended, and has a Pod", podNames[at])
		case obj.suspended, has, obj.done:
		case own.uid == 0:
			return fmt.Sprintf("Sandbox %q has no Pod", podNames[at])
		}
	}
	return ""
}
