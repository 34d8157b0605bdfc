// Package plan draws what happens in a chaos run, and when, out of a seed. The same seed gives the same plan.
package plan

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"
)

// Options are what a plan depends on, besides the seed.
type Options struct {
	Duration time.Duration
	// Rate is how many operations there are in a second.
	Rate float64
	// Without holds the faults that cannot be had here.
	Without []FaultKind
	// Elects says that the managers elect a leader.
	Elects bool
}

// Operation is something that a user does.
type Operation struct {
	At   time.Duration
	Kind OperationKind
	// Choice chooses among the objects that there are then, and whatever else is open.
	Choice uint64
}

// Fault is something that goes wrong for a while.
type Fault struct {
	At   time.Duration
	Kind FaultKind
	For  time.Duration
	// Choice chooses the manager, the latency or the variant.
	Choice uint64
	// Lane is what the fault strikes. The faults of a lane come one after the other.
	Lane int
}

// Plan is what happens, in the order of time.
type Plan struct {
	Seed       uint64
	Duration   time.Duration
	Operations []Operation
	Faults     []Fault
}

// New draws a plan.
func New(seed uint64, o Options) Plan {
	p := Plan{Seed: seed, Duration: o.Duration}
	p.Operations = drawOperations(rand.New(rand.NewPCG(seed, 1)), o)
	for lane, kinds := range lanes {
		usable := slices.DeleteFunc(slices.Clone(kinds), func(k FaultKind) bool {
			return slices.Contains(o.Without, k) || k == LeaderStopped && !o.Elects
		})
		for _, f := range drawFaults(rand.New(rand.NewPCG(seed, uint64(2+lane))), usable, o.Duration) {
			f.Lane = lane
			p.Faults = append(p.Faults, f)
		}
	}
	slices.SortStableFunc(p.Faults, func(a, b Fault) int { return int(a.At - b.At) })
	return p
}

// drawOperations draws independent operations: the gaps between them are exponential.
func drawOperations(random *rand.Rand, o Options) []Operation {
	total := 0
	for _, w := range weights {
		total += w.weight
	}
	var drawn []Operation
	for at := time.Duration(0); ; {
		at += time.Duration(random.ExpFloat64() / o.Rate * float64(time.Second))
		if at >= o.Duration {
			return drawn
		}
		n := random.IntN(total)
		for _, w := range weights {
			if n -= w.weight; n < 0 {
				drawn = append(drawn, Operation{At: at, Kind: w.kind, Choice: random.Uint64()})
				break
			}
		}
	}
}

const (
	// shortestGap and longestGap are between two faults of a lane: in between, things go well for a moment.
	shortestGap, longestGap = 2 * time.Second, 10 * time.Second
	// calm is how long before the end the last fault is over.
	calm = 3 * time.Second
)

// drawFaults draws the faults of a lane, one after the other. Each kind comes once, in a random order, before any comes again. A
// fault that would not be over in time is left out.
func drawFaults(random *rand.Rand, kinds []FaultKind, duration time.Duration) []Fault {
	var drawn []Fault
	at := between(random, shortestGap, longestGap)
	for len(kinds) > 0 {
		before := len(drawn)
		for _, i := range random.Perm(len(kinds)) {
			kind := kinds[i]
			limits := lengths[kind]
			f := Fault{At: at, Kind: kind, For: between(random, limits.shortest, limits.longest), Choice: random.Uint64()}
			if f.At+f.For+calm > duration {
				continue
			}
			drawn = append(drawn, f)
			at += f.For + between(random, shortestGap, longestGap)
		}
		if len(drawn) == before {
			return drawn
		}
	}
	return drawn
}

func between(random *rand.Rand, shortest, longest time.Duration) time.Duration {
	return (shortest + time.Duration(random.Int64N(int64(longest-shortest)+1))).Round(time.Millisecond)
}

// Lanes returns the faults by what they strike.
func (p Plan) Lanes() [][]Fault {
	by := make([][]Fault, len(lanes))
	for _, f := range p.Faults {
		by[f.Lane] = append(by[f.Lane], f)
	}
	return by
}

// Count returns how many operations of a kind there are.
func (p Plan) Count(kind OperationKind) int {
	n := 0
	for _, o := range p.Operations {
		if o.Kind == kind {
			n++
		}
	}
	return n
}

// Print writes the plan: how many operations of each kind, and each fault.
func (p Plan) Print(w io.Writer) {
	fmt.Fprintf(w, "plan of seed %d, %s: %d operations, %d faults\n", p.Seed, p.Duration, len(p.Operations), len(p.Faults))
	for _, f := range p.Faults {
		fmt.Fprintf(w, "  %8s  %-26s %s\n", f.At.Round(time.Millisecond), f.Kind, f.For)
	}
}
