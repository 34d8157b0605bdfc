package hostile

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

var (
	minutes = flag.Int("minutes", 1, "for how many minutes TestBounds counts calls")
	reduced = flag.Int("reduced", 1, "by what TestBounds divides its numbers")
)

const (
	// wanted is how much longer than in quiet the neighbour's claims may take at the 99th percentile, while what somebody else has begun
	// waits.
	wanted = 1.5
	// unnoticed is what no user tells from less, whatever the ratio. Two cores have all programs of the control plane, and the test.
	unnoticed = 200 * time.Millisecond
	// quietCalls is how many calls a minute what waits may cost in all, besides what its bound says: the auditor's looks, a policy.
	quietCalls = 30
	// phase is how long the neighbour is looked at in quiet, and at least while a load begins: 100 claims, the fewest that have a 99th
	// percentile.
	phase = 100 / steadyRate * time.Second
)

// load is much of something, of which a bound is claimed.
type load struct {
	name string
	// begin starts it in a namespace of its own. It returns when it is in full swing.
	begin func(t *testing.T, w *world, namespace string)
	// settled returns whether it has settled: all that has to be done is done, and what is left waits. Calls are counted from then on, when
	// the managers have nothing in their queues.
	settled func(ctx context.Context, w *world, namespace string) (bool, error)
	// callsAMinute is how many calls it may cost in a minute while it waits.
	callsAMinute int
	// more is for how many minutes more than others it is looked at while it waits.
	more int
	// answer is a code with which some of the managers' calls must be answered, or 0.
	answer int
	// everybody says that it is no tenant's, but strikes the whole cluster: the neighbour's times are printed and not judged.
	everybody bool
}

// Much of what cannot go on costs little while it waits, says why, floods nobody with events, and does not slow a neighbour. It takes long:
// "make test-bounds" runs it.
func TestBounds(t *testing.T) {
	if testing.Short() {
		return // Other tests of this package have the same in small.
	}
	w := enter(t)
	w.neighbour.pace.Reset(time.Hour) // Who claims steadily is another.
	s := w.claimSteadily(t)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\na neighbour's %d claims a second until each is Ready: p50/p99 in ms, as a multiple of quiet (wanted: %.1f at p99 while "+
		"it waits), and the cores that the managers and the API server used; calls of the managers in each minute while it waits\n",
		steadyRate, wanted)
	fmt.Fprintln(table, "load\tquiet\tcores\tbegins\t\tcores\tfor\twaits\t\tcores\tcalls a minute\tof them\tevents\tMiB")
	for _, l := range loads() {
		var namespace string
		t.Run(l.name, func(t *testing.T) {
			namespace = w.Namespace(t)
			l.measure(t, w, s, namespace, table)
			table.Flush()
		})
		if w.ended() {
			t.Fatal("a manager has ended")
		}
		if namespace != "" {
			w.awaitGone(t, namespace)
		}
	}
}

func (l load) measure(t *testing.T, w *world, s *steady, namespace string, table *tabwriter.Writer) {
	t.Helper()
	quiet := w.look(t, s, func() { w.watch(t, phase, func() {}) })
	for _, m := range w.managers {
		if err := m.ResetPeak(); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	begins := w.look(t, s, func() {
		l.begin(t, w, namespace)
		awaited(t, "it to settle", func(ctx context.Context) (bool, error) {
			settled, err := l.settled(ctx, w, namespace)
			// What slows everybody lets the neighbour's own claims wait in the queues for as long as it lasts.
			return settled && (l.everybody || w.idle(t)), err
		})
		w.watch(t, phase-time.Since(began), func() {})
	})
	settled, long := time.Now(), *minutes+l.more
	waits := w.look(t, s, func() { w.watch(t, time.Duration(long)*time.Minute, func() {}) })
	calls, of := w.callsByMinute(t, namespace, settled)[:long], w.CallsOfManagers(t, namespace, settled)
	peak, problems := w.peak(nil)
	fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%.0f s\t%s\t%s\t%s\t%v\t%s\t%d\t%d\n", l.name,
		pair(quiet.claims), quiet.cores(), pair(begins.claims), multiples(quiet, begins), begins.cores(), settled.Sub(began).Seconds(),
		pair(waits.claims), multiples(quiet, waits), waits.cores(), calls, most(of), w.events(t, namespace), peak>>20)
	for _, problem := range problems {
		t.Error(problem)
	}
	for i, n := range calls {
		if allowed := l.callsAMinute + quietCalls; n > allowed {
			t.Errorf("%d calls in minute %d, and %d are allowed: %v", n, i+1, allowed, of)
		}
	}
	if all := w.CallsOfManagers(t, namespace, began); l.answer > 0 && !answered(all, l.answer) {
		t.Errorf("no call was answered with %d: %v", l.answer, all)
	}
	l.judge(t, s.failures(), quiet, begins, waits)
}

// idle reports whether nothing is in the managers' queues.
func (w *world) idle(t *testing.T) bool {
	t.Helper()
	return !slices.ContainsFunc(w.managers, func(m *testbed.Manager) bool { return m.ReadMetrics(t).Sum("workqueue_depth") > 0 })
}

// judge fails t with what the neighbour had to wait, or was refused, because of a tenant.
func (l load) judge(t *testing.T, failed error, quiet, begins, waits seen) {
	t.Helper()
	if l.everybody {
		t.Logf("the neighbour's failures: %v", failed)
		return
	}
	if failed != nil {
		t.Errorf("a neighbour's claim: %v", failed)
	}
	if before, now := percentile(quiet.claims, 99), percentile(waits.claims, 99); now > unnoticed && float64(now) > wanted*float64(before) {
		t.Errorf("while it waits, a neighbour's claim took %s at the 99th percentile, and %s in quiet", now, before)
	}
	if before, now := percentile(quiet.claims, 50), percentile(begins.claims, 50); now > noticed && now > tolerated*before {
		t.Errorf("while it begins, a neighbour's claim took %s, and %s in quiet", now, before)
	}
}

// answered reports whether any of calls was answered with that code.
func answered(calls map[string]int, code int) bool {
	for call := range calls {
		if strings.Contains(call, fmt.Sprintf(": %d ", code)) {
			return true
		}
	}
	return false
}

// seen is what happened for a while: how long the neighbour's claims took, and how many cores the managers and the API server used.
type seen struct {
	claims           []time.Duration
	managers, server float64
}

func (o seen) cores() string { return fmt.Sprintf("%.2f+%.2f", o.managers, o.server) }

// look returns what happens while something is done.
func (w *world) look(t *testing.T, s *steady, do func()) seen {
	t.Helper()
	began, managers, server := time.Now(), w.cpu(), w.APIServerCPU(t)
	do()
	ended := time.Now()
	took := float64(ended.Sub(began))
	o := seen{managers: float64(w.cpu()-managers) / took, server: float64(w.APIServerCPU(t)-server) / took}
	s.settle(t, ended)
	o.claims = s.times(began, ended)
	return o
}

func multiples(quiet, now seen) string {
	return fmt.Sprintf("%.1fx/%.1fx", multiple(quiet.claims, now.claims, 50), multiple(quiet.claims, now.claims, 99))
}

// most writes the three most frequent of calls.
func most(calls map[string]int) string {
	names := make([]string, 0, len(calls))
	for name := range calls {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return calls[b] - calls[a] })
	var words []string
	for _, name := range names[:min(len(names), 3)] {
		words = append(words, fmt.Sprintf("%s %d", name, calls[name]))
	}
	return strings.Join(words, ", ")
}

// events returns how many events there are in a namespace, each counted once however often it was repeated.
func (w *world) events(t *testing.T, namespace string) int {
	t.Helper()
	list := &corev1.EventList{}
	if err := w.Admin.List(t.Context(), list, client.InNamespace(namespace)); err != nil {
		t.Fatal(err)
	}
	ours := 0
	for i := range list.Items {
		if strings.HasPrefix(list.Items[i].ReportingController, "namesake") || strings.Contains(list.Items[i].ReportingController, "sandbox") {
			ours++
		}
	}
	return ours
}
