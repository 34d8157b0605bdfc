package claims

import (
	"fmt"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

const (
	// settleRounds bounds how often each claim is reconciled until nothing changes any more.
	settleRounds = 12
	// settleSteps is after how many steps a reconcile gives up, and another one begins (maxSteps in controllers/sandboxclaim counts those
	// that write). That happens to one whose cache shows only Sandboxes that others took.
	settleSteps = 64
)

// Settle lets faults stop in a copy of s: what is terminating ends, the garbage collector does its work, Sandboxes turn Ready, caches show
// all there is, and the workers reconcile each claim until nothing changes. It returns what is wrong then, or "": each claim has to be
// Ready with the Sandbox that it is bound to, or to say why not.
func (m *Model) Settle(state *state) string {
	s := *state
	for range settleRounds {
		before := s.lastRV
		m.calm(&s)
		for i := range m.size.Workers {
			m.finish(&s, i)
		}
		for number := range m.size.Claims {
			m.calm(&s)
			if c := s.caches[0].claims[number]; c.uid == 0 {
				continue
			}
			m.begins(&s, 0, number, 0)
			m.finish(&s, 0)
		}
		if s.broken != "" {
			return s.broken
		}
		if s.lastRV == before {
			return m.judge(&s)
		}
	}
	return "the claims do not come to rest"
}

// calm ends what goes on outside the workers.
func (m *Model) calm(s *state) {
	for number, c := range s.claims {
		if c.deleting {
			m.removeClaim(s, number)
		}
	}
	for n := name(1); n < maxNames; n++ {
		obj := s.sandboxes[n]
		switch {
		case obj.uid == 0:
		case obj.deleting, obj.owner.kind != nobody && m.isGone(s, obj.owner):
			m.removeSandbox(s, n)
		case !obj.ready:
			obj.ready = true
			m.putSandbox(s, n, obj)
		}
	}
	for i := range m.caches() {
		m.catchUp(s, i)
	}
	m.tidy(s)
}

// finish lets a worker come to the end of its pass. It chooses the first that it may.
func (m *Model) finish(s *state, i int) {
	for range settleSteps {
		if s.workers[i].place == idle {
			return
		}
		m.goesOn(s, i, m.choices(s, i)[0], false)
	}
	s.workers[i] = worker{}
}

// judge returns which claim is not as it should be, or "".
func (m *Model) judge(s *state) string {
	for number, c := range s.claims {
		if c.uid == 0 {
			continue
		}
		bound := s.sandboxes[c.binding]
		mine := owner{byClaim, uint8(number), c.uid}
		has := bound.uid != 0 && bound.owner == mine
		said := conditions[c.ready]
		var right bool
		switch {
		case m.is.isExpired(number, c):
			m.reached.Expired++
			right = !has && said == "False "+extensionsv1.ReasonClaimExpired
		case has:
			m.reached.Ready++
			right = c.ready == isReady && c.record == c.binding && c.recordUID == bound.uid
		case c.record != 0:
			m.reached.Lost++
			right = said == "False "+extensionsv1.ReasonSandboxMissing
		case bound.uid != 0 && (c.binding == coldName(number) || c.binding == altName(c.uid)):
			m.reached.Blocked++
			right = said == "False "+extensionsv1.ReasonReconcilerError // Somebody else's Sandbox has its name.
		}
		if !right {
			return fmt.Sprintf("claim %s comes to rest %s, with Ready=%q, and its Sandbox is %q",
				claimName(number), tell(c), said, tellSandbox(bound))
		}
	}
	return ""
}
