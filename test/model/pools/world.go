// Package pools is a model of pools: processes with stale caches that fill them, scale them down and replace what is out of date, while
// claims adopt members, users change, delete and create pools and templates, and the garbage collector does its work. What they decide,
// the rules decide: the same functions that the product calls. The order of reads and writes is that of controllers/sandboxwarmpool.
//
// Time does not pass, and so nothing waits for a time. The pool's status is left out.
package pools

import "github.com/namesake-sandbox/namesake/test/model/search"

// Size is what is in a world, and what may happen in it.
type Size struct {
	// Pools is how many pools there are. Want is how many members each has and wants at first, but none under Empty.
	Pools, Want int
	Empty       bool
	// OnReplenish is the pools' update strategy. Otherwise it is Recreate.
	OnReplenish bool
	// Leaders is how many processes reconcile pools at a time. If it is one, another with a cache of its own takes over when it ends.
	Leaders int
	// Lag is how many writes of Sandboxes a cache may be behind.
	Lag int
	// Gentle says that members only leave because the pool replaces them, so that most of them have to stay Ready.
	Gentle bool
	// These are how often something happens: a process ends, a claim adopts a member, a user deletes one, the template is changed, a pool
	// wants one member more or less, a pool is deleted, one of its name is created, the garbage collector takes the owner off a member of a
	// pool that is gone, a creation is refused, a creation is stored but its answer is lost, and a cache is listed anew.
	Crash, Adopt, Drop, Edit, Scale, Remove, Restore, Orphan, Refuse, Lose, Relist int
	// Finalizers says that what is deleted may stay as terminating for a while.
	Finalizers bool
}

// These are the kinds of steps. A, B and C of a step are in brackets.
const (
	begin       = iota // a worker (A) begins with a pool (B), as its cache has it
	goOn               // a worker (A) goes on; B is how it ends: as it should, or one of those below
	crash              // a worker (A) ends, and another process takes over
	observe            // a cache (A) shows the next event of Sandboxes (B = 0), or all pools (1), templates (2) or Sandboxes (3) as they are
	becomeReady        // a Sandbox (A) turns Ready
	adopt              // a claim adopts a Sandbox (A)
	drop               // a user deletes a Sandbox (A); it stays as terminating if B is 1
	finalize           // a Sandbox (A) that is terminating is gone
	edit               // a user changes the template
	scale              // a user makes a pool (A) want so many members (B)
	remove             // a user deletes a pool (A)
	restore            // a user creates a pool (A) again
	collect            // the garbage collector removes a Sandbox (A) whose pool is gone
	orphan             // the garbage collector takes the owner off such a Sandbox (A)
	refuse             // only counted: a creation was refused
	lose               // only counted: the answer to a creation was lost
	relist             // only counted: a cache was listed anew
	lastKind
)

// These are the ways in which a step of a worker ends.
const (
	asItShould = iota
	isRefused
	isLost
	isTerminating // what it deletes stays as terminating
)

type state struct {
	pools     [maxPools]pool
	lives     [maxPools]uint8 // how often each was created
	version   uint8           // of the template
	sandboxes [maxSandboxes]sandbox
	events    [maxLag]event
	nEvents   uint8
	caches    [maxWorkers]cache
	workers   [maxWorkers]worker
	terms     [maxWorkers][maxPools]term
	leader    uint8 // if there is one at a time
	spent     [lastKind]uint8
	writes    uint16
	broken    string
}

// Model is a world of that size, with the protections off that are off.
type Model struct {
	size   Size
	off    Off
	is     *decisions
	budget [lastKind]int

	reached Reached
}

var _ search.Model[state] = (*Model)(nil)

const unlimited = 1 << 20

// New returns the world of that size.
func New(size Size, off Off) *Model {
	return &Model{
		size: size, off: off, is: newDecisions(off, size.OnReplenish),
		budget: [lastKind]int{
			begin: unlimited, goOn: unlimited, observe: unlimited, becomeReady: unlimited, finalize: unlimited, collect: unlimited,
			crash: size.Crash, adopt: size.Adopt, drop: size.Drop, edit: size.Edit, scale: size.Scale, remove: size.Remove,
			restore: size.Restore, orphan: size.Orphan, refuse: size.Refuse, lose: size.Lose, relist: size.Relist,
		},
	}
}

func (m *Model) may(s *state, kind uint8) bool { return int(s.spent[kind]) < m.budget[kind] }

// Start implements search.Model: the pools have their members, which all caches show, and which are Ready.
func (m *Model) Start() state {
	s := state{version: 1}
	for p := range m.size.Pools {
		s.lives[p] = 1
		s.pools[p] = pool{life: 1, want: uint8(m.size.Want)}
		for range m.size.Want {
			if !m.size.Empty {
				at, _ := m.free(&s)
				s.sandboxes[at] = sandbox{exists: true, owner: owner{byPool, uint8(p), 1}, version: 1, ready: true, rv: 1}
			}
		}
	}
	for i := range s.caches {
		s.caches[i] = cache{pools: s.pools, version: s.version, sandboxes: s.sandboxes}
	}
	return s
}

// IsOurs reports whether a step is one of a worker or of a cache, and not something that happens to them.
func IsOurs(step search.Step) bool {
	return step.Kind == begin || step.Kind == goOn || step.Kind == observe || step.Kind == becomeReady
}

// Broken implements search.Model.
func (m *Model) Broken(s *state) string { return s.broken }

// Take implements search.Model.
func (m *Model) Take(s *state, step search.Step) {
	a, b := uint8(step.A), uint8(step.B)
	if m.budget[step.Kind] != unlimited {
		s.spent[step.Kind]++
	}
	switch step.Kind {
	case begin:
		m.begins(s, int(a), b)
	case goOn:
		m.goesOn(s, int(a), b)
	case crash:
		s.workers[a], s.terms[a] = worker{}, [maxPools]term{}
		if m.size.Leaders == 1 {
			s.leader = 1 - a
		}
	case observe:
		if b == allSandboxes && m.budget[relist] != unlimited {
			s.spent[relist]++
		}
		m.show(s, int(a), b)
	default:
		m.others(s, step)
	}
}
