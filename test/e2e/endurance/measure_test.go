package endurance

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/stats"
	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

const (
	mebibyte = 1 << 20
	// samples is how often each quantity is read.
	samples = 120
)

// quantity is something of a manager that must not grow while the work stays the same.
type quantity struct {
	name, metric string
	unit         float64
	bound        bound
}

// quantities are all of them. Go's collector lets the heap grow to twice what is in use (https://go.dev/doc/gc-guide): memory comes and
// goes by that much, and a median sees some of it. A metric without a name is the number of all series.
var quantities = []quantity{
	{"memory, MiB", "process_resident_memory_bytes", mebibyte, bound{share: 0.1, units: 5}},
	{"heap in use, MiB", "go_memstats_heap_inuse_bytes", mebibyte, bound{share: 0.1, units: 5}},
	{"goroutines", "go_goroutines", 1, bound{share: 0.05, units: 10}},
	{"queued objects", "workqueue_depth", 1, bound{units: 10}},
	{"open files", "process_open_fds", 1, bound{units: 5}},
	{"series of metrics", "", 1, bound{units: 20}},
}

// of reads the quantity. It must be there.
func (q quantity) of(t *testing.T, m testbed.Metrics) float64 {
	t.Helper()
	if q.metric == "" {
		return float64(len(m))
	}
	if !m.Has(q.metric) {
		t.Errorf("a manager has no metric %s", q.metric)
	}
	return m.Sum(q.metric) / q.unit
}

// trends are a manager's quantities, in the order of the list.
type trends []*series

// measure reads the quantities of each manager at even intervals until ctx ends.
func measure(ctx context.Context, t *testing.T, managers []*testbed.Manager) []trends {
	t.Helper()
	all := make([]trends, len(managers))
	for i := range all {
		for range quantities {
			all[i] = append(all[i], &series{})
		}
	}
	began, ticks := time.Now(), time.NewTicker(*duration/samples)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return all
		case <-ticks.C:
		}
		for i, m := range managers {
			metrics := m.ReadMetrics(t)
			for k, q := range quantities {
				all[i][k].add(time.Since(began), q.of(t, metrics))
			}
		}
	}
}

// judge prints the trends, and fails t with what grew.
func judge(t *testing.T, all []trends) {
	t.Helper()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nmanager\tquantity\tleast\tmost\tmedians of the thirds\tslope an hour")
	for i, manager := range all {
		for k, q := range quantities {
			s := manager[k]
			if len(s.values) < samples/2 {
				t.Fatalf("%d samples were taken, and %d should have been", len(s.values), samples)
			}
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s, %s, %s\t%s\n", i, q.name, short(slices.Min(s.values)), short(slices.Max(s.values)),
				short(stats.Median(s.third(0))), short(stats.Median(s.third(1))), short(stats.Median(s.third(2))), short(s.slope()))
			if err := s.flat(q.bound); err != nil {
				t.Errorf("manager %d: %s %v", i, q.name, err)
			}
		}
	}
	if err := table.Flush(); err != nil {
		t.Error(err)
	}
}
