package claims

import "github.com/namesake-sandbox/namesake/internal/rules"

// place is what a worker does next. The order of reads and writes is that of controllers/sandboxclaim.
type place uint8

const (
	idle           place = iota
	refreshClaim         // read the claim live
	readBound            // read the Sandbox live that the claim is bound to
	choose               // read the Sandbox of the claim's name live, and choose a Sandbox
	sendBinding          // write the binding
	commitBinding        // it was admitted
	sendAdoption         // adopt
	commitAdoption       // it was admitted
	sendCreation         // create the Sandbox
	commitCreation       // it was admitted
	sendStatus           // write the status
	sayExpired           // write that the claim has expired
	listControlled       // list what the claim controls, in the cache
	lookAgain            // read the claim live
	endSandbox           // delete the Sandbox
	endClaim             // delete the claim
)

// worker reconciles one claim at a time.
type worker struct {
	place   place
	number  uint8   // of the claim
	claim   claim   // as it was read
	name    name    // of the Sandbox that was read
	seen    sandbox // as it was read
	live    bool    // both were read live
	problem problem
	choice  name
	// base is the version on which a write was admitted, and next what it writes.
	base uint16
	next sandbox
}

// begins starts to reconcile a claim, as the cache has it.
func (m *Model) begins(s *state, i, number int, choice name) {
	c := s.caches[i].claims[number]
	w := &s.workers[i]
	*w = worker{number: uint8(number), claim: c, name: c.binding}
	switch {
	case c.deleting:
		*w = worker{}
	case m.is.isExpired(number, c):
		if c.binding != 0 {
			w.seen = s.caches[i].sandboxes[c.binding]
		}
		w.place = sayExpired
	default:
		m.decide(s, i, false)
	}
	m.fused(s, i, choice)
}

// decide takes the step that the rules choose, or what a protection that is off lets through (passing).
func (m *Model) decide(s *state, i int, passing bool) {
	w := &s.workers[i]
	w.name, w.seen = w.claim.binding, sandbox{}
	if w.name != 0 {
		w.seen = s.caches[i].sandboxes[w.name]
		if w.live {
			w.seen = s.sandboxes[w.name]
		}
	}
	if m.off.Binding {
		w.place = choose
		return
	}
	step := m.is.nextStep(int(w.number), w.claim, w.seen, i == 1)
	if passing {
		step = rules.StepBind
	}
	if !w.live && !m.is.mayActOnCache(int(w.number), w.claim, step) {
		w.place = refreshClaim
		return
	}
	switch step {
	case rules.StepServe:
		w.place = sendStatus
	case rules.StepBind:
		w.place = choose
	case rules.StepAdopt:
		w.place = sendAdoption
	case rules.StepCreate:
		w.place = sendCreation
	case rules.StepMissing:
		m.report(w, missing)
	case rules.StepBlocked:
		m.report(w, nameTaken)
	}
}

// mayPass reports whether a binding could be rewritten for a reason that passes.
func (m *Model) mayPass(w *worker, c claim, bound sandbox) bool {
	unready := m.off.FinalReasons && c.binding < firstCold && bound.uid != 0 && !bound.ready && bound.owner.kind == byPool
	absent := m.off.FinalCold && c.binding >= firstCold && bound.uid == 0
	return w.live && c.binding != 0 && c.record == 0 && (unready || absent)
}

// report goes on to say in the status that the claim has no Sandbox.
func (m *Model) report(w *worker, what problem) {
	w.place, w.problem, w.name, w.seen = sendStatus, what, 0, sandbox{}
}

// outdated is what follows on a write that was refused: a worker that did not read live does that and decides again. Another one tells.
func (m *Model) outdated(w *worker, isStale bool) {
	if w.live && !isStale {
		m.report(w, refused)
		return
	}
	w.place = refreshClaim
}

// fused goes on with what has the same outcome as if it came later. The comment of the package says why.
func (m *Model) fused(s *state, i int, choice name) {
	w := &s.workers[i]
	if !m.size.Fused {
		return
	}
	switch w.place {
	case choose:
		m.goesOn(s, i, choice, false)
		if w.place == sendBinding {
			m.goesOn(s, i, 0, false)
		}
	case sendAdoption, sendCreation, sendStatus, sayExpired, refreshClaim:
		m.goesOn(s, i, choice, false)
	default:
	}
}

// goesOn takes the next step of a worker.
func (m *Model) goesOn(s *state, i int, choice name, passing bool) {
	w := &s.workers[i]
	switch w.place {
	case refreshClaim:
		m.refresh(s, w)
	case readBound:
		m.decide(s, i, passing)
		if w.place != refreshClaim {
			m.fused(s, i, choice)
		}
	case choose:
		m.chooses(s, i, choice)
	case sendBinding, commitBinding:
		m.binds(s, i)
	case sendAdoption:
		m.sendsAdoption(s, w, choice)
	case commitAdoption:
		m.commitsAdoption(s, w)
	case sendCreation:
		m.sendsCreation(s, w, choice)
	case commitCreation:
		m.commitsCreation(s, i)
	case sendStatus:
		m.writesStatus(s, w, m.is.reported(int(w.number), w.claim, w.name, w.seen, w.problem))
		*w = worker{}
	default:
		m.ends(s, i)
	}
}

// refresh reads the claim live. If it is another one, or is at its end, this pass ends.
func (m *Model) refresh(s *state, w *worker) {
	fresh := s.claims[w.number]
	if fresh.uid != w.claim.uid || fresh.deleting || m.is.isExpired(int(w.number), fresh) {
		*w = worker{}
		return
	}
	*w = worker{number: w.number, claim: fresh, live: true, place: readBound}
}

// chooses takes the Sandbox that the claim has already, or else the choice, a warm one, or else the cold name.
func (m *Model) chooses(s *state, i int, pick name) {
	w := &s.workers[i]
	number := int(w.number)
	if m.off.Binding {
		m.grabs(s, i, pick)
		return
	}
	existing, cold := m.is.kept(number, w.claim, s.sandboxes[coldName(number)])
	switch {
	case existing != 0:
		w.choice = existing
	case pick != 0:
		w.choice = pick
	default:
		w.choice = cold
	}
	w.place = sendBinding
}

// grabs adopts a Sandbox without a binding, unless the cache shows that the claim has one.
func (m *Model) grabs(s *state, i int, pick name) {
	w := &s.workers[i]
	for n, other := range s.caches[i].sandboxes {
		if other.owner == (owner{byClaim, w.number, w.claim.uid}) {
			w.name, w.seen, w.place = name(n), other, idle
			return
		}
	}
	if pick == 0 {
		*w = worker{}
		return
	}
	w.name, w.seen, w.place = pick, s.caches[i].sandboxes[pick], sendAdoption
}

// binds writes the binding, on the version of the claim for which it was chosen. What I3 rests on may change between admission and commit.
func (m *Model) binds(s *state, i int) {
	w := &s.workers[i]
	number := int(w.number)
	now := s.claims[number]
	if now.uid == 0 || now.rv != w.claim.rv && !m.off.BindingVersion || now.uid != w.claim.uid {
		w.place = refreshClaim
		return
	}
	if w.place == sendBinding && !m.admitsBinding(s, number, now, w.choice) {
		m.outdated(w, false)
		return
	}
	if w.place == sendBinding && now.binding != 0 {
		w.place = commitBinding
		return
	}
	first := now.binding == 0
	now.binding = w.choice
	m.putClaim(s, number, now)
	w.claim = s.claims[number]
	switch {
	case first && m.is.nextStep(number, w.claim, sandbox{}, i == 1) == rules.StepCreate:
		w.place = sendCreation
	case w.live:
		w.place = readBound
	default:
		m.decide(s, i, false)
	}
}

// writesStatus writes a status on the version that it was computed from. It reports whether the pass may go on.
func (m *Model) writesStatus(s *state, w *worker, wanted claim) bool {
	number := int(w.number)
	now := s.claims[number]
	if wanted == w.claim {
		return true
	}
	if now.rv != w.claim.rv || now.uid != w.claim.uid || !m.is.mayRecord(number, now, wanted) {
		return false
	}
	m.putClaim(s, number, wanted)
	w.claim = s.claims[number]
	return true
}
