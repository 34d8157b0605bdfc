package model

import (
	"flag"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/namesake-sandbox/namesake/test/model/search"
)

var (
	long   = flag.Bool("long", false, "search larger worlds, and try more schedules")
	update = flag.Bool("update", false, "write the list of protections to docs/guarantees.md")
)

// mostSteps is how long a random schedule is at the most.
const mostSteps = 400

// TestMain gives random schedules their number, and a seed, so that they are the same in every run. On a failure, rapid prints the seed of
// that schedule; search.Shorten, which knows the steps, shortens it further than rapid does.
func TestMain(m *testing.M) {
	flag.Parse()
	checks := "1000"
	if *long {
		checks = "40000"
	}
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range map[string]string{
		"rapid.checks": checks, "rapid.seed": "1", "rapid.nofailfile": "true", "rapid.shrinktime": "2s",
	} {
		if given[name] {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// spread spreads small numbers, which rapid prefers, over all: it is a permutation.
func spread(n uint16) uint16 {
	n = (n ^ n>>7) * 0x9e3d
	return n ^ n>>8
}

// draws returns numbers that choose the steps of a schedule.
func draws(t *rapid.T) []uint16 {
	return rapid.SliceOfN(rapid.Uint16(), mostSteps/2, mostSteps).Draw(t, "schedule")
}

// failer is a test, or one of rapid's.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// walk takes the steps that numbers choose, one for each, and lets faults stop then. It returns how many steps it took.
func walk[S any](t failer, m search.Model[S], settle func(*S) string, isOurs func(search.Step) bool, numbers []uint16) int {
	t.Helper()
	const othersOfTen = 1
	i, rest := -1, 0
	below := func(n int) int { // It is asked twice for each step.
		if rest == 0 {
			i++
			drawn := int(spread(numbers[i]))
			rest = 1 + drawn/10
			return drawn % 10
		}
		drawn := (rest - 1) % n
		rest = 0
		return drawn
	}
	state := m.Start()
	steps, broken := search.Walk(m, &state, len(numbers), search.Weighted(isOurs, othersOfTen, below))
	if broken == "" {
		broken = settle(&state)
	}
	if broken != "" {
		t.Fatalf("%s\n%s", broken, indent(search.Tell(m, search.Shorten(m, steps, settle))))
	}
	return len(steps)
}

// sometimes is from how many states of a world progress is tried: of one in so many.
const sometimes = 7

// explore searches a world as a whole, and lets faults stop in some of its states. A world of more than atMost states is searched as far
// as that, unless it has to be whole.
func explore[S any](t *testing.T, m search.Model[S], settle func(*S) string, atMost int, whole bool) {
	t.Helper()
	visited, settled := 0, 0
	found := search.All(m, atMost, func(s *S) string {
		visited++
		if visited%sometimes > 0 {
			return ""
		}
		settled++
		return settle(s)
	})
	verdict, extent := "0 violations", "all"
	if found.Broken != "" {
		verdict = found.Broken
		t.Errorf("%s:\n%s", found.Broken, strings.Join(found.Schedule, "\n"))
	}
	if !found.Whole {
		extent = "the first"
	}
	if whole && !found.Whole && found.Broken == "" {
		t.Errorf("the world has more than %d states", atMost)
	}
	t.Logf("%s %d states, %d transitions, schedules of up to %d steps, progress from %d states: %s",
		extent, found.States, found.Transitions, found.Depth, settled, verdict)
}

// indent returns lines with four spaces before each.
func indent(lines []string) string { return "    " + strings.Join(lines, "\n    ") }
