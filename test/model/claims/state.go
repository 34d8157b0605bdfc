package claims

import "github.com/namesake-sandbox/namesake/test/model/search"

// These are the kinds of steps. A, B and C of a step are in brackets.
const (
	begin        = iota // a worker (A) begins to reconcile a claim (B), as its cache has it; C is 1 if it takes a reason that passes for final
	goOn                // a worker (A) goes on; B is its choice, C as above
	crash               // a worker (A) ends, and another process goes on with its cache
	observe             // a cache (A) shows the next event of claims (B = 0) or Sandboxes (B = 1)
	create              // a user creates a claim (A); B is what admission or the user binds it to; C is the pool that it names
	remove              // a user deletes a claim (A)
	finalize            // a claim (A, B = 0) or a Sandbox (A, B = 1) that is being deleted is gone
	expire              // a claim (A) expires
	extend              // a claim (A) gets more time
	drop                // a user deletes a Sandbox (A)
	becomeReady         // a Sandbox (A) turns Ready
	turnUnready         // a Sandbox (A) turns NotReady
	refill              // a pool (A) creates a Sandbox, of the name B
	scaleDown           // a pool deletes a member (B) as a cache (A) shows it
	replacePool         // a pool (A) is deleted, and another of its name created
	orphan              // the garbage collector removes the owner of a Sandbox (A), which is gone
	collect             // the garbage collector removes a Sandbox (A) whose owner is gone
	squat               // a user creates a Sandbox of the name of a claim (A)
	seize               // a user makes a claim (B) the owner of a Sandbox (A)
	rebindByHand        // a user writes on a claim (A) a binding to a Sandbox (B)
	lastKind
)

// state is the state of the API server, of all caches and of all workers.
type state struct {
	claims    [maxClaims]claim
	sandboxes [maxNames]sandbox
	pasts     [maxNames]past

	claimEvents   history[claim]
	sandboxEvents history[sandbox]
	caches        [maxCaches]cache
	workers       [maxWorkers]worker

	lives     [maxClaims]uint8
	poolLives [maxPools]uint8
	members   name // how many names pools have given
	lastUID   uint8
	lastRV    uint16
	spent     [lastKind]uint8
	released  [maxClaims]bool // only counted, see Reached
	broken    string
}

// putClaim stores a claim.
func (m *Model) putClaim(s *state, number int, c claim) {
	s.lastRV++
	c.rv = s.lastRV
	m.checkClaim(s, number, s.claims[number], c)
	m.noteClaim(s, number, s.claims[number], c)
	s.claims[number] = c
	for i := range m.caches() {
		if !m.size.Relist && s.caches[i].claimsLag == m.lag {
			m.showClaim(s, i)
		}
		s.caches[i].claimsLag++
	}
	if m.size.Relist {
		m.fallBehind(s)
		return
	}
	s.claimEvents.add(uint8(number), c)
}

func (m *Model) removeClaim(s *state, number int) { m.putClaim(s, number, claim{}) }

// putSandbox stores a Sandbox.
func (m *Model) putSandbox(s *state, n name, obj sandbox) {
	s.lastRV++
	if obj.uid != 0 {
		obj.rv = s.lastRV
	}
	m.checkSandbox(s, n, s.sandboxes[n], obj)
	s.sandboxes[n] = obj
	for i := range m.caches() {
		if !m.size.Relist && s.caches[i].sandboxesLag == m.lag {
			m.showSandbox(s, i)
		}
		s.caches[i].sandboxesLag++
	}
	if m.size.Relist {
		m.fallBehind(s)
		return
	}
	s.sandboxEvents.add(n, obj)
}

func (m *Model) removeSandbox(s *state, n name) { m.putSandbox(s, n, sandbox{}) }

// fallBehind keeps caches that are brought to the present at once from counting how far they are behind.
func (m *Model) fallBehind(s *state) {
	for i := range m.caches() {
		c := &s.caches[i]
		c.claimsLag, c.sandboxesLag = min(c.claimsLag, 1), min(c.sandboxesLag, 1)
	}
}

// newSandbox returns a Sandbox of an owner, with the next UID.
func (s *state) newSandbox(by owner) sandbox {
	s.lastUID++
	return sandbox{uid: s.lastUID, owner: by}
}

// showClaim brings a cache one event of claims further.
func (m *Model) showClaim(s *state, i int) {
	c := &s.caches[i]
	if m.size.Relist {
		c.claims, c.claimsLag = s.claims, 0
		return
	}
	e := s.claimEvents.events[s.claimEvents.n-c.claimsLag]
	c.claims[e.at] = e.object
	c.claimsLag--
}

// showSandbox brings a cache one event of Sandboxes further.
func (m *Model) showSandbox(s *state, i int) {
	c := &s.caches[i]
	if m.size.Relist {
		c.sandboxes, c.sandboxesLag = s.sandboxes, 0
		return
	}
	e := s.sandboxEvents.events[s.sandboxEvents.n-c.sandboxesLag]
	c.sandboxes[e.at] = e.object
	c.sandboxesLag--
}

// tidy forgets the events that every cache has shown.
func (m *Model) tidy(s *state) {
	if m.size.Relist {
		return
	}
	var claims, sandboxes uint8
	for i := range m.caches() {
		claims, sandboxes = max(claims, s.caches[i].claimsLag), max(sandboxes, s.caches[i].sandboxesLag)
	}
	s.claimEvents.forget(claims)
	s.sandboxEvents.forget(sandboxes)
}

// catchUp brings a cache to the present.
func (m *Model) catchUp(s *state, i int) {
	for s.caches[i].claimsLag > 0 {
		m.showClaim(s, i)
	}
	for s.caches[i].sandboxesLag > 0 {
		m.showSandbox(s, i)
	}
}

func newStep(kind uint8, abc ...int) search.Step {
	abc = append(abc, 0, 0, 0)
	return search.Step{Kind: kind, A: int8(abc[0]), B: int8(abc[1]), C: int8(abc[2])}
}

// notStored is the UID of a Sandbox that is to be created.
const notStored = 0xff
