package hostile

import (
	"fmt"
	"os"
	"testing"
	"text/tabwriter"
	"time"
)

const (
	// target is how much longer than in quiet the neighbour may wait, and tolerated is when the test fails: the machine is
	// shared with the control plane.
	target    = 2
	tolerated = 10
	// noticed is what nobody minds, whatever the ratio.
	noticed = time.Second
)

// scene is what one tenant does for as long as the test looks at another one.
type scene struct {
	name string
	// begin starts it in a namespace of its own, and returns when it is in full swing. It goes on until the test ends.
	begin func(t *testing.T, w *world, namespace string)
}

// scaled returns n, or a smaller number in a short test.
func scaled(n, short int) int {
	if testing.Short() {
		return short
	}
	return n
}

// One tenant's refused or slow work does not hold up another's claims, refills and policies.
func TestOneTenantDoesNotHoldUpAnother(t *testing.T) {
	w := enter(t)
	rounds := scaled(10, 4)
	quiet := w.goRounds(t, rounds)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\na claim, a refill and a policy elsewhere, p50/longest in ms, and p50 as a multiple of quiet (wanted: %d)\n", target)
	fmt.Fprintln(table, "scene\tclaim\t\trefill\t\tpolicy\t")
	row(table, "quiet", quiet, quiet)
	defer table.Flush()
	for _, s := range []scene{
		{fmt.Sprintf("%d claims over quota", scaled(300, 100)), overQuota},
		{"a webhook that never answers", hanging},
		{fmt.Sprintf("%d busy templates", scaled(1500, 150)), busyTemplates},
		{fmt.Sprintf("%d Sandboxes with changing refusals", scaled(50, 20)), changingRefusals},
	} {
		t.Run(s.name, func(t *testing.T) {
			s.begin(t, w, w.Namespace(t))
			during := w.goRounds(t, rounds)
			row(table, s.name, quiet, during)
			for what, of := range measures {
				before, now := percentile(of(quiet), 50), percentile(of(during), 50)
				if now > noticed && now > tolerated*before {
					t.Errorf("%s: %s took %s, and %s in quiet", s.name, what, now.Round(time.Millisecond), before.Round(time.Millisecond))
				}
			}
			if w.ended() {
				t.Fatal("a manager has ended")
			}
		})
	}
}

// measures are the columns, by name.
var measures = map[string]func([]round) []time.Duration{
	"a claim": func(rounds []round) []time.Duration {
		return each(rounds, func(r round) time.Duration { return r.claim })
	},
	"a refill": func(rounds []round) []time.Duration {
		return each(rounds, func(r round) time.Duration { return r.refill })
	},
	"a policy": func(rounds []round) []time.Duration {
		return each(rounds, func(r round) time.Duration { return r.policy })
	},
}

func each(rounds []round, of func(round) time.Duration) []time.Duration {
	var times []time.Duration
	for _, r := range rounds {
		times = append(times, of(r))
	}
	return times
}

// goRounds does that many rounds, after one that does not count.
func (w *world) goRounds(t *testing.T, n int) []round {
	t.Helper()
	var rounds []round
	for i := range n + 1 {
		r, err := w.neighbour.goRound(t.Context())
		if err != nil {
			t.Fatalf("the neighbour: %v", err)
		}
		if i > 0 {
			rounds = append(rounds, r)
		}
	}
	return rounds
}

func row(table *tabwriter.Writer, name string, quiet, during []round) {
	fmt.Fprintf(table, "%s", name)
	for _, what := range []string{"a claim", "a refill", "a policy"} {
		before, now := measures[what](quiet), measures[what](during)
		p50 := percentile(now, 50)
		fmt.Fprintf(table, "\t%d/%d\t%.1fx", p50.Milliseconds(), percentile(now, 100).Milliseconds(),
			float64(p50)/float64(max(percentile(before, 50), time.Microsecond)))
	}
	fmt.Fprintln(table)
}
