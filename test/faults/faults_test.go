package faults

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

var (
	seed = flag.Uint64("seed", 1, "with -short: which kinds of faults are tried at which half of the places")
	only = flag.String("path", "", "try this path only")
)

// stage is what all runs share.
type stage struct{ eye *eye }

// TestFaults takes each path once without a fault. Then it takes the path again for each call and each event that it has seen, with
// each kind of fault there. With -short, it tries one kind at every second place.
func TestFaults(t *testing.T) {
	observer := observer(t)
	s := &stage{eye: newEye(t, observer)}
	startKubelet(t, observer)
	if testing.Short() {
		t.Logf("seed %d", *seed)
	}
	report := &report{}
	t.Run("of", func(t *testing.T) {
		for _, p := range paths {
			if *only != "" && *only != p.name {
				continue
			}
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				s.tryAll(t, p, report)
			})
		}
	})
	s.eye.check(t)
	report.print(t)
}

// tryAll takes a path with all faults.
func (s *stage) tryAll(t *testing.T, p *path, report *report) {
	t.Helper()
	want := s.walk(t, p)
	want.points = both(want.points, s.walk(t, p).points)
	row := report.add(p.name, want)
	for i, f := range plan(want.points) {
		t.Run(fmt.Sprintf("%d: %s at %s %d", i, f.kind, f.what, f.nth), func(t *testing.T) {
			t.Parallel()
			fired := false
			defer func() { row.note(fired, !t.Failed()) }() // A run that fails ends at once.
			fired = s.try(t, p, f, want)
		})
	}
}

// both returns the points of one run that another had, too. How many events and statuses there are depends on how many changes come
// together.
func both(points, others []point) []point {
	return slices.DeleteFunc(points, func(p point) bool { return !slices.Contains(others, p) })
}

// plan returns the faults to try at points.
func plan(points []point) []fault {
	random := rand.New(rand.NewPCG(*seed, 0)) // It is to be the same each time.
	var faults []fault
	for _, p := range points {
		kinds := kindsOf(p)
		if testing.Short() {
			i := random.IntN(2 * len(kinds))
			kinds = kinds[min(i, len(kinds)):min(i+1, len(kinds))]
		}
		for _, k := range kinds {
			faults = append(faults, fault{p, k})
		}
	}
	return faults
}
