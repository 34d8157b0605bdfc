// Package claims is a model of claims and Sandboxes: an API server, workers with stale caches that bind claims and adopt or create
// Sandboxes, webhooks of several replicas, pools, the garbage collector, and users who do what they can. What they decide, the rules
// decide: the same functions that the product calls.
//
// A write is two steps: admission, which may look at another object, and the commit, for which the object must be the one that was
// admitted. A read of a cache is one step with what follows from it, since each cache is as stale as the schedule likes, and a live read
// is a step of its own. Where two steps are one, what comes between would have the same outcome before or after.
//
// A worker may reconcile any claim at any time, so events that come twice, late or in another order, and ones that are lost, are among
// the schedules. So is every choice of who serves a claim: rules.ClaimLead only decides who is first.
package claims

import "github.com/namesake-sandbox/namesake/test/model/search"

// Size is how large a world is, and what may happen in it.
type Size struct {
	// Claims is how many names of claims there are, Pools how many pools, Members how many Sandboxes these have at first.
	Claims, Pools, Members int
	// Workers is how many reconcile claims, each with a cache. The webhook of the same replica has the same cache. Replicas is how many
	// replicas only have a webhook.
	Workers, Replicas int
	// Webhooks says that there are webhooks. Policies are always there.
	Webhooks bool
	// MadeUp says that users bring bindings along that nobody drops, as where somebody has deleted the webhooks' configurations.
	MadeUp bool
	// Atomic says that nothing happens between the admission of a new Sandbox and its commit, which are milliseconds.
	Atomic bool
	// Harm says that only what a user would notice breaks an invariant, and not yet a binding that is rewritten without need.
	Harm bool
	// Fused makes one step of those that have the same outcome one after the other, for a whole search.
	Fused bool
	// Relist says that a cache that shows anything new shows all that there is now. So it may be behind by any number of writes. Otherwise
	// it shows one write after the other.
	Relist bool
	// Lag is how many writes of a kind a cache may be behind, or 0 for as many as the model can hold.
	Lag int
	// Budget is how often each kind of step may be taken. What workers and caches do has no budget.
	Budget Budget
}

// Budget is how often something happens.
type Budget struct {
	Crash, Create, Remove, Expire, Extend, Drop, Unready, Refill, ScaleDown, ReplacePool, Orphan, Squat, Seize, Rebind int
	// Finalizers says that what is deleted may stay as terminating for a while.
	Finalizers bool
}

// Model is a world of that size, with the protections off that are off.
type Model struct {
	size   Size
	off    Off
	is     *decisions
	budget [lastKind]int
	lag    uint8
	buffer []name

	reached Reached
	// all says that a search goes on when an invariant is broken, and broken are those that were.
	all    bool
	broken uint8
}

var _ search.Model[state] = (*Model)(nil)

const unlimited = 1 << 20

// New returns the world of that size.
func New(size Size, off Off) *Model {
	b := size.Budget
	m := &Model{size: size, off: off, is: newDecisions(off), lag: maxLag}
	if size.Lag > 0 {
		m.lag = uint8(size.Lag)
	}
	m.budget = [lastKind]int{
		begin: unlimited, goOn: unlimited, observe: unlimited, finalize: unlimited, becomeReady: unlimited, collect: unlimited,
		crash: b.Crash, create: b.Create, remove: b.Remove, expire: b.Expire, extend: b.Extend, drop: b.Drop, turnUnready: b.Unready,
		refill: b.Refill, scaleDown: b.ScaleDown, replacePool: b.ReplacePool, orphan: b.Orphan, squat: b.Squat, seize: b.Seize,
		rebindByHand: b.Rebind,
	}
	return m
}

func (m *Model) caches() int { return m.size.Workers + m.size.Replicas }

// Start implements search.Model: the pools have their members, which all caches show, and there are no claims.
func (m *Model) Start() state {
	var s state
	for i := range m.size.Members {
		obj := s.newSandbox(owner{byPool, uint8(i % m.size.Pools), poolUID(i%m.size.Pools, 0)})
		obj.ready = true
		s.members++
		m.putSandbox(&s, s.members, obj)
	}
	for i := range m.caches() {
		m.catchUp(&s, i)
	}
	m.tidy(&s)
	return s
}

// IsOurs reports whether a step is one of a worker or of a cache, and not something that happens to them.
func IsOurs(step search.Step) bool {
	return step.Kind == begin || step.Kind == goOn || step.Kind == observe
}

// Broken implements search.Model.
func (m *Model) Broken(s *state) string { return s.broken }

// Take implements search.Model.
func (m *Model) Take(s *state, step search.Step) {
	a, b, c := int(step.A), int(step.B), int(step.C)
	if m.budget[step.Kind] != unlimited {
		s.spent[step.Kind]++
	}
	switch step.Kind {
	case begin:
		m.begins(s, a, b, name(c))
	case goOn:
		m.goesOn(s, a, name(b), c == 1)
	case crash:
		s.workers[a] = worker{}
	case observe:
		if b == 0 {
			m.showClaim(s, a)
		} else {
			m.showSandbox(s, a)
		}
	default:
		m.others(s, step)
	}
	m.tidy(s)
}
