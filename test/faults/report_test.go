package faults

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
)

// report is what came of all runs.
type report struct {
	mu   sync.Mutex
	rows []*row
}

// row is what came of the runs of one path.
type row struct {
	mu   *sync.Mutex
	path string
	// calls and events are those of the run without faults.
	calls, events int
	// tried are the runs with a fault, right those of them that ended as they should, and missed those in which the manager never
	// came to the place of the fault.
	tried, right, missed int
}

func (r *report) add(path string, o *outcome) *row {
	r.mu.Lock()
	defer r.mu.Unlock()
	added := &row{mu: &r.mu, path: path, calls: o.calls, events: events(o.points)}
	r.rows = append(r.rows, added)
	return added
}

func events(points []point) (n int) {
	for _, p := range points {
		if strings.HasPrefix(p.what, "event ") {
			n++
		}
	}
	return n
}

// note notes a run with a fault.
func (r *row) note(fired, right bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !fired && right:
		r.missed++
		return
	case right:
		r.right++
	}
	r.tried++
}

// print prints a table. It fails the test if many places were never reached: the faults would then not be tried.
func (r *report) print(t *testing.T) {
	t.Helper()
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "path\tcalls\tevents\tfaults tried\tended right\tnot reached")
	sum := &row{path: "all"}
	for _, row := range r.rows {
		row.print(w)
		sum.calls, sum.events = sum.calls+row.calls, sum.events+row.events
		sum.tried, sum.right, sum.missed = sum.tried+row.tried, sum.right+row.right, sum.missed+row.missed
	}
	sum.print(w)
	if err := w.Flush(); err != nil {
		t.Error(err)
	}
	t.Logf("\n%s", text.String())
	if sum.missed*missedShare > sum.tried {
		t.Errorf("%d places were not reached, and %d were: what is tried is not what was planned", sum.missed, sum.tried)
	}
}

// missedShare is how many faults have to happen for each that does not.
const missedShare = 5

func (r *row) print(w *tabwriter.Writer) {
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\n", r.path, r.calls, r.events, r.tried, r.right, r.missed)
}
