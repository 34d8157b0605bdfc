// Package pods is a model of Sandboxes and their Pods: workers with stale caches that create, replace, stop and take over Pods, users who
// create and change Pods as they like, suspend Sandboxes, and delete them and create them again, and the garbage collector. What they
// decide, the rules decide: the same functions that the product calls. The order of reads and writes is that of controllers/sandbox.
package pods

import "github.com/namesake-sandbox/namesake/test/model/search"

// Size is what is in a world, and what may happen in it.
type Size struct {
	Sandboxes int
	// OfPool says that a pool controls the first Sandbox, Task that it is to run once, and Legacy that it has a Pod from a pool of Pods.
	OfPool, Task, Legacy bool
	// Atomic says that nothing happens between the live look at a task and the creation of its Pod, which are milliseconds.
	Atomic bool
	// These are how often something happens: a user creates a Pod, makes a Sandbox the owner of one, deletes one, suspends or resumes a
	// Sandbox, deletes a Sandbox, creates it again; and a Pod ends by itself.
	Create, Seize, Drop, Toggle, Remove, Restore, End int
}

// These are the kinds of steps. A, B and C of a step are in brackets.
const (
	begin    = iota // a worker (A) begins with a Sandbox (B), as its cache has it
	goOn            // a worker (A) goes on; B is 1 if what it deletes stays as terminating
	crash           // a worker (A) ends
	observe         // a cache (A) shows all Sandboxes (B = 0) or Pods (B = 1) as they are
	create          // a user creates a Pod (A), under a Sandbox (B, from 1, or 0), labelled adoptable or not (C)
	seize           // a user makes a Sandbox (B) the owner of a Pod (A)
	drop            // a user deletes a Pod (A)
	toggle          // a user suspends or resumes a Sandbox (A)
	remove          // a user deletes a Sandbox (A)
	restore         // a user creates a Sandbox (A) again
	end             // a Pod (A) ends by itself
	finalize        // a Pod (A) that is terminating is gone
	collect         // the garbage collector removes a Pod (A) whose Sandbox is gone
	lastKind
)

type state struct {
	sandboxes [maxSandboxes]sandbox
	pods      [maxPods]pod
	caches    [maxWorkers]cache
	workers   [maxWorkers]worker
	spent     [lastKind]uint8
	lastUID   uint8 // of a Sandbox
	lastPod   uint16
	lastRV    uint16
	broken    string
}

// Model is a world of that size, with the protections off that are off.
type Model struct {
	size   Size
	is     *decisions
	budget [lastKind]int
	uids   []uint16 // of Pods, in the order in which a key has them
}

var _ search.Model[state] = (*Model)(nil)

const unlimited = 1 << 20

// New returns the world of that size.
func New(size Size, off Off) *Model {
	return &Model{
		size: size,
		is:   &decisions{off: off, takeovers: map[look]bool{}, admitted: map[admission]bool{}, done: map[look]bool{}},
		budget: [lastKind]int{
			begin: unlimited, goOn: unlimited, crash: unlimited, observe: unlimited, finalize: unlimited, collect: unlimited,
			create: size.Create, seize: size.Seize, drop: size.Drop, toggle: size.Toggle, remove: size.Remove, restore: size.Restore, end: size.End,
		},
	}
}

// Start implements search.Model: there are the Sandboxes, which all caches show, and no Pod but one from a pool of Pods, which they
// do not show yet: Pods without the labels of today are not in the cache.
func (m *Model) Start() state {
	var s state
	for at := range m.size.Sandboxes {
		m.newSandbox(&s, uint8(at))
	}
	if m.size.Legacy {
		s.sandboxes[0].podName = legacy
		m.putPod(&s, legacy, m.newPod(&s, pod{ofUID: s.sandboxes[0].uid, old: true}))
	}
	for i := range s.caches {
		s.caches[i] = cache{sandboxes: s.sandboxes, podsBehind: m.size.Legacy}
	}
	return s
}

func (m *Model) newSandbox(s *state, at uint8) {
	s.lastUID++
	first := at == 0
	m.putSandbox(s, at, sandbox{uid: s.lastUID, ofPool: first && m.size.OfPool, task: first && m.size.Task, podName: at})
}

func (m *Model) newPod(s *state, p pod) pod {
	s.lastPod++
	p.uid = s.lastPod
	return p
}

func (m *Model) putSandbox(s *state, at uint8, obj sandbox) {
	s.lastRV++
	if obj.uid != 0 {
		obj.rv = s.lastRV
	}
	s.sandboxes[at] = obj
	for i := range s.caches {
		s.caches[i].sandboxesBehind = true
	}
	if !obj.suspended {
		return
	}
	for n := range s.pods {
		if s.pods[n].ofUID == obj.uid {
			s.pods[n].sawSuspended = true
		}
	}
}

func (m *Model) putPod(s *state, at uint8, obj pod) {
	s.lastRV++
	if obj.uid != 0 {
		obj.rv = s.lastRV
	}
	if owner := s.sandboxes[obj.of]; obj.uid != 0 && obj.ofUID == owner.uid && owner.suspended {
		obj.sawSuspended = true
	}
	m.check(s, at, obj)
	s.pods[at] = obj
	for i := range s.caches {
		s.caches[i].podsBehind = true
	}
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
		m.goesOn(s, int(a), b == 1)
	case crash:
		s.workers[a] = worker{}
	case observe:
		m.show(s, int(a), b)
	default:
		m.others(s, step)
	}
}

// show brings a cache to the present: of Sandboxes, or of Pods.
func (m *Model) show(s *state, i int, kind uint8) {
	c := &s.caches[i]
	if kind == 0 {
		c.sandboxes, c.sandboxesBehind = s.sandboxes, false
		return
	}
	c.pods, c.podsBehind = s.pods, false
}
