// Package search looks through the states of a model: all of them, the shortest schedules first, or those of one schedule.
package search

import (
	"hash/maphash"
	"slices"
)

// Step is what happens next: a kind of step, and up to three numbers that say by whom and to what. Each model has its own kinds.
type Step struct {
	Kind    uint8
	A, B, C int8
}

// Model is a system of states of type S. All its methods are deterministic.
type Model[S any] interface {
	// Start returns the first state.
	Start() S
	// Steps appends the steps that are possible in s, in a fixed order.
	Steps(s *S, into []Step) []Step
	// Take changes s as step does. The step is one of Steps.
	Take(s *S, step Step)
	// Key appends what tells s apart from every other state that behaves otherwise.
	Key(s *S, into []byte) []byte
	// Broken returns which invariant s breaks, or "".
	Broken(s *S) string
	// Words says in plain words what step does in s, which it led to after.
	Words(s, after *S, step Step) string
}

// Found is what a search found.
type Found struct {
	// States and Transitions are how many there were, and Depth is the length of the longest of the shortest schedules.
	States, Transitions, Depth int
	// Whole says that these are all: no bound ended the search.
	Whole bool
	// Broken is the invariant that was broken, or "", and Schedule the shortest schedule that breaks it, a line for each step.
	Broken   string
	Schedule []string
}

type origin struct {
	from uint32
	step Step
}

// All visits the states of m breadth first, until one breaks an invariant, or until it has found atMost states. So the schedule that it
// returns is one of the shortest. visit, if it is not nil, is called with each state, and returns what is wrong with it or "".
//
// States are told apart by 128 bits of a hash of their keys. Two of a million states have the same hash with a probability of
// 10^-27.
func All[S any](m Model[S], atMost int, visit func(*S) string) Found {
	h := hasher[S]{model: m, a: maphash.MakeSeed(), b: maphash.MakeSeed()}
	start := m.Start()
	seen := map[[2]uint64]struct{}{h.of(&start): {}}
	origins := []origin{{}}
	type reached struct {
		state S
		index uint32
	}
	level := []reached{{start, 0}}
	found := Found{States: 1, Whole: true}
	var steps []Step
	for ; len(level) > 0; found.Depth++ {
		var next []reached
		for i := range level {
			steps = m.Steps(&level[i].state, steps[:0])
			for _, step := range steps {
				after := level[i].state
				m.Take(&after, step)
				found.Transitions++
				key := h.of(&after)
				if _, known := seen[key]; known {
					continue
				}
				if found.States >= atMost {
					found.Whole = false
					continue
				}
				seen[key] = struct{}{}
				origins = append(origins, origin{level[i].index, step})
				found.States++
				broken := m.Broken(&after)
				if broken == "" && visit != nil {
					broken = visit(&after)
				}
				if broken != "" {
					found.Broken, found.Whole = broken, false
					found.Schedule = Tell(m, path(origins, uint32(len(origins)-1)))
					return found
				}
				next = append(next, reached{after, uint32(len(origins) - 1)})
			}
		}
		level = next
	}
	found.Depth--
	return found
}

func path(origins []origin, to uint32) []Step {
	var steps []Step
	for ; to != 0; to = origins[to].from {
		steps = append(steps, origins[to].step)
	}
	slices.Reverse(steps)
	return steps
}

// Tell returns a line for each of the steps, from the first state on.
func Tell[S any](m Model[S], steps []Step) []string {
	state := m.Start()
	var lines []string
	for _, step := range steps {
		before := state
		m.Take(&state, step)
		lines = append(lines, m.Words(&before, &state, step))
	}
	return lines
}

type hasher[S any] struct {
	model Model[S]
	a, b  maphash.Seed
	buf   []byte
}

func (h *hasher[S]) of(s *S) [2]uint64 {
	h.buf = h.model.Key(s, h.buf[:0])
	return [2]uint64{maphash.Bytes(h.a, h.buf), maphash.Bytes(h.b, h.buf)}
}

// Walk takes at most so many steps from state on. choose returns one of those that are possible, of which there is one at least. Walk
// returns the steps, and which invariant they broke, or "".
func Walk[S any](m Model[S], state *S, atMost int, choose func(possible []Step) Step) (steps []Step, broken string) {
	var possible []Step
	for range atMost {
		possible = m.Steps(state, possible[:0])
		if len(possible) == 0 {
			break
		}
		step := choose(possible)
		m.Take(state, step)
		steps = append(steps, step)
		if broken := m.Broken(state); broken != "" {
			return steps, broken
		}
	}
	return steps, ""
}

// Weighted returns a choice for Walk: of the steps that are ours, or of the others, in so many of ten cases of the latter. below returns a
// number from 0 to n-1.
func Weighted(isOurs func(Step) bool, others int, below func(n int) int) func([]Step) Step {
	return func(possible []Step) Step {
		wanted := below(10) >= others
		some := make([]Step, 0, len(possible))
		for _, step := range possible {
			if isOurs(step) == wanted {
				some = append(some, step)
			}
		}
		if len(some) == 0 {
			some = possible
		}
		return some[below(len(some))]
	}
}
