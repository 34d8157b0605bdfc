package search

import "slices"

// Shorten returns those of steps that still break an invariant, or after which something else is wrong: it leaves out whatever can be
// left out. wrong says of the last state what is wrong with it, or "".
func Shorten[S any](m Model[S], steps []Step, wrong func(*S) string) []Step {
	fails := func(some []Step) ([]Step, bool) {
		taken, state, broken := Replay(m, some)
		return taken, broken != "" || wrong(&state) != ""
	}
	for size := len(steps) / 2; size > 0; size /= 2 {
		for from := 0; from < len(steps); {
			rest := slices.Concat(steps[:from], steps[min(len(steps), from+size):])
			if taken, still := fails(rest); still {
				steps = taken
				continue
			}
			from += size
		}
	}
	return steps
}

// Replay takes those of steps that are possible when it is their turn, until an invariant is broken. It returns them, the last state, and
// the invariant, or "".
func Replay[S any](m Model[S], steps []Step) (taken []Step, state S, broken string) {
	state = m.Start()
	var possible []Step
	for _, step := range steps {
		possible = m.Steps(&state, possible[:0])
		if !slices.Contains(possible, step) {
			continue
		}
		m.Take(&state, step)
		taken = append(taken, step)
		if broken = m.Broken(&state); broken != "" {
			break
		}
	}
	return taken, state, broken
}
