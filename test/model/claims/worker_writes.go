package claims

import "github.com/namesake-sandbox/namesake/internal/rules"

// sendsAdoption applies the adoption's patch to the Sandbox as it is, and asks a webhook, of a replica (replica) whose cache may be stale.
func (m *Model) sendsAdoption(s *state, w *worker, replica name) {
	now := s.sandboxes[w.name]
	switch {
	case now.uid == 0, now.uid != w.seen.uid && !m.off.UIDTest,
		now.owner != w.seen.owner && !m.off.OwnerTest:
		m.outdated(w, true)
		return
	}
	next := now
	next.owner = owner{byClaim, w.number, w.claim.uid}
	if !m.admitsSandbox(s, w.name, now, next, rules.Controller, int(replica)) {
		m.outdated(w, false)
		return
	}
	w.base, w.next, w.place = now.rv, next, commitAdoption
}

// commitsAdoption stores the Sandbox if it is the one that was admitted. Otherwise the API server applies the patch anew.
func (m *Model) commitsAdoption(s *state, w *worker) {
	if s.sandboxes[w.name].rv != w.base || s.sandboxes[w.name].uid == 0 {
		w.place, w.base, w.next = sendAdoption, 0, sandbox{}
		return
	}
	m.putSandbox(s, w.name, w.next)
	w.seen, w.place, w.base, w.next = s.sandboxes[w.name], sendStatus, 0, sandbox{}
}

// sendsCreation asks a webhook for a new Sandbox of the name that the claim is bound to.
func (m *Model) sendsCreation(s *state, w *worker, replica name) {
	w.name = w.claim.binding
	next := sandbox{uid: notStored, owner: owner{byClaim, w.number, w.claim.uid}}
	if !m.admitsSandbox(s, w.name, sandbox{}, next, rules.Controller, int(replica)) {
		m.report(w, refused)
		return
	}
	w.next, w.place = next, commitCreation
	if m.size.Atomic {
		m.commitsCreation(s, m.indexOf(s, w))
	}
}

func (m *Model) indexOf(s *state, w *worker) int {
	for i := range s.workers {
		if &s.workers[i] == w {
			return i
		}
	}
	return 0
}

// commitsCreation stores the new Sandbox, unless the name is taken: the next step tells by whom.
func (m *Model) commitsCreation(s *state, i int) {
	w := &s.workers[i]
	if s.sandboxes[w.name].uid != 0 {
		w.next = sandbox{}
		if w.live {
			w.place = readBound
			return
		}
		m.decide(s, i, false)
		return
	}
	m.putSandbox(s, w.name, s.newSandbox(w.next.owner))
	w.seen, w.place, w.next = s.sandboxes[w.name], sendStatus, sandbox{}
}

// ends takes the next step at the end of an expired claim. The status says it first.
func (m *Model) ends(s *state, i int) {
	w := &s.workers[i]
	number := int(w.number)
	switch w.place {
	case sayExpired:
		if !m.writesStatus(s, w, m.is.reported(number, w.claim, w.name, w.seen, expired)) {
			*w = worker{}
			return
		}
		w.name, w.seen, w.place = 0, sandbox{}, listControlled
		if w.claim.deletes {
			w.place = endClaim
		}
	case listControlled:
		m.listsControlled(s, i)
	case lookAgain:
		if now := s.claims[number]; now.uid != w.claim.uid || now.deleting || !m.is.isExpired(number, now) {
			*w = worker{}
			return
		}
		w.place = endSandbox
	case endSandbox:
		if now := s.sandboxes[w.name]; now.uid != 0 && (now.uid == w.seen.uid || m.off.ExpiryUID) {
			m.checkEnded(s, w.name, w.claim)
			m.removeSandbox(s, w.name)
		}
		*w = worker{}
	case endClaim:
		if now := s.claims[number]; now.uid == w.claim.uid && now.rv == w.claim.rv {
			m.removeClaim(s, number)
		}
		*w = worker{}
	default:
		*w = worker{}
	}
}

// listsControlled finds in the cache the Sandbox that the claim controls. There is one at most.
func (m *Model) listsControlled(s *state, i int) {
	w := &s.workers[i]
	mine := owner{byClaim, w.number, w.claim.uid}
	for n, seen := range s.caches[i].sandboxes {
		if seen.owner == mine && !seen.deleting {
			w.name, w.seen, w.place = name(n), seen, lookAgain
			if m.off.ExpiryLook {
				w.place = endSandbox
			}
			if m.size.Fused {
				m.ends(s, i)
			}
			return
		}
	}
	*w = worker{}
}

// admitsBinding asks the policies and the webhook for claims.
func (m *Model) admitsBinding(s *state, number int, now claim, to name) bool {
	if !m.size.Webhooks { // A policy sees no Sandbox, and knows of the cold names only the claim's own.
		if now.binding == coldName(number) && now.binding != to {
			return m.off.FinalBinding || m.is.mayBind(number, now, sandbox{}, to)
		}
		return now.record == 0 || m.is.mayBind(number, now, sandbox{}, to)
	}
	return m.is.mayBind(number, now, s.sandboxes[now.binding], to)
}

// admitsSandbox asks the policies and the webhook for Sandboxes. old has no UID for a creation. A webhook of the replica whose cache it is
// reads that, and then live, unless a new Sandbox is to be created.
func (m *Model) admitsSandbox(s *state, n name, old, obj sandbox, by rules.Actor, replica int) bool {
	if !m.is.mayOwn(old, obj, by) {
		return false
	}
	if !m.size.Webhooks || by == rules.User || obj.owner.kind != byClaim || old.uid != 0 && old.owner == obj.owner {
		return true
	}
	number := int(obj.owner.of)
	cached := s.caches[replica].claims[number]
	if old.uid != 0 && cached.uid != 0 && m.is.mayAdopt(number, cached, n, old, obj) {
		return true
	}
	if old.uid == 0 && m.off.AdopterLive {
		return m.is.mayAdopt(number, cached, n, old, obj)
	}
	return m.is.mayAdopt(number, s.claims[number], n, old, obj)
}
