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
)

var (
	minutes = flag.Int("minutes", 3, "for how many minutes TestBounds counts calls")
	reduced = flag.Int("reduced", 1, "by what TestBounds divides its numbers")
)

const (
	// wanted is how much longer than in quiet the neighbour's claims may take at the 99th percentile.
	wanted = 1.5
	// quietCalls is how many calls a minute what waits may cost in all, besides what its bound says: the auditor's looks, a policy.
	quietCalls = 30
)

// load is much of something, of which a bound is claimed.
type load struct {
	name string
	// begin starts it in a namespace of its own. It returns when it is in full swing.
	begin func(t *testing.T, w *world, namespace string)
	// settled returns whether it has settled: all that has to be done is done, and what is left waits. Calls are counted from then on.
	settled func(ctx context.Context, w *world, namespace string) (bool, error)
	// callsAMinute is how many calls it may cost in a minute while it waits.
	callsAMinute int
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
	w.neighbour.pace.Reset(calm)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\na neighbour's claim: p50/p99 in ms, and as a multiple of quiet (wanted: %.1f at p99); calls of the managers in each of %d minutes\n",
		wanted, *minutes)
	fmt.Fprintln(table, "load\tquiet\tbegins\t\twaits\t\tcalls a minute\tof them\tevents\tMiB")
	for _, l := range loads() {
		var namespace string
		t.Run(l.name, func(t *testing.T) {
			namespace = w.Namespace(t)
			l.measure(t, w, namespace, table)
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

func (l load) measure(t *testing.T, w *world, namespace string, table *tabwriter.Writer) {
	t.Helper()
	quiet := w.goRounds(t)
	for _, m := range w.managers {
		if err := m.ResetPeak(); err != nil {
			t.Fatal(err)
		}
	}
	l.begin(t, w, namespace)
	begins := w.goRounds(t)
	awaited(t, "it to settle", func(ctx context.Context) (bool, error) { return l.settled(ctx, w, namespace) })
	began := time.Now()
	waits := w.goRounds(t)
	w.watch(t, time.Duration(*minutes)*time.Minute-time.Since(began), func() {})
	calls, of := w.callsByMinute(t, namespace, began)[:*minutes], w.CallsOfManagers(t, namespace, began)
	events := w.events(t, namespace)
	peak, problems := w.peak(nil)
	fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%v\t%s\t%d\t%d\n", l.name, pair(quiet.claims()),
		pair(begins.claims()), multiples(quiet, begins), pair(waits.claims()), multiples(quiet, waits), calls, most(of), events, peak>>20)
	for _, problem := range problems {
		t.Error(problem)
	}
	if least := slices.Min(calls); least > l.callsAMinute+quietCalls {
		t.Errorf("%d calls in the quietest minute, and %d are allowed: %v", least, l.callsAMinute+quietCalls, of)
	}
	for name, r := range map[string]rounds{"begins": begins, "waits": waits} {
		before, now := percentile(quiet.claims(), 50), percentile(r.claims(), 50)
		if !l.everybody && now > noticed && now > tolerated*before {
			t.Errorf("while it %s, a neighbour's claim took %s, and %s in quiet", name, now, before)
		}
	}
}

func (r rounds) claims() []time.Duration { return measures[0].of(r) }

func multiples(quiet, now rounds) string {
	return fmt.Sprintf("%.1fx/%.1fx", multiple(quiet.claims(), now.claims(), 50), multiple(quiet.claims(), now.claims(), 99))
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
