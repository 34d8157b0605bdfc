package pools

import "fmt"

const (
	settleRounds = 40
	settleSteps  = 20
)

// Settle lets faults stop in a copy of s: what is terminating ends, the garbage collector does its work, members turn Ready, caches show
// all there is, and the workers reconcile each pool until nothing changes. It returns what is wrong then, or "".
func (m *Model) Settle(state *state) string {
	s := *state
	for range settleRounds {
		before := s.writes
		for i := range s.workers {
			m.finish(&s, i)
			m.calm(&s)
			if m.size.Leaders == 1 && int(s.leader) != i {
				continue
			}
			for p := range m.size.Pools {
				if s.pools[p].life > 0 {
					m.begins(&s, i, uint8(p))
					m.finish(&s, i)
					m.calm(&s)
				}
			}
		}
		if s.broken != "" {
			return s.broken
		}
		if s.writes == before {
			return m.judge(&s)
		}
	}
	return "the pools do not come to rest"
}

// calm ends what goes on outside the workers. A Sandbox that a claim has, or nobody, is nothing to a pool, and goes as well.
func (m *Model) calm(s *state) {
	for at := range uint8(maxSandboxes) {
		switch obj := s.sandboxes[at]; {
		case !obj.exists:
		case obj.deleting, obj.owner.kind != byPool, s.pools[obj.owner.of].life != obj.owner.life:
			m.putSandbox(s, at, sandbox{})
		case !obj.ready:
			m.onSandbox(s, becomeReady, at, false)
		}
	}
	for i := range s.caches {
		m.show(s, i, allPools)
		m.show(s, i, allTemplates)
		m.show(s, i, allSandboxes)
	}
}

func (m *Model) finish(s *state, i int) {
	for range settleSteps {
		if s.workers[i].place == idle {
			return
		}
		if !m.canGoOn(s, i) {
			s.workers[i] = worker{}
			return
		}
		m.goesOn(s, i, asItShould)
	}
	s.breaks("worker %d does not come to an end", i+1)
}

// judge returns which pool is not as it should be, or "".
func (m *Model) judge(s *state) string {
	for p, obj := range s.pools[:m.size.Pools] {
		if obj.life == 0 {
			continue
		}
		if all, ready := s.members(uint8(p), obj.life); all != int(obj.want) || ready != all {
			return fmt.Sprintf("pool %s has %d members, of which %d are Ready, and wants %d", poolName(uint8(p)), all, ready, obj.want)
		}
		for at, member := range s.sandboxes {
			if member.exists && member.owner.of == uint8(p) && member.version != s.version && !m.size.OnReplenish {
				return fmt.Sprintf("member %s of pool %s is not what the template makes", sandboxName(uint8(at)), poolName(uint8(p)))
			}
		}
	}
	return ""
}
