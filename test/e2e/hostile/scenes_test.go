package hostile

import (
	"context"
	"fmt"
	"os"
	"testing"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
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

// One tenant's refused or slow work does not hold up another's claims, refills and policies. The quiet before each scene is
// measured anew, when the tenant of the scene before has gone.
func TestOneTenantDoesNotHoldUpAnother(t *testing.T) {
	w := enter(t)
	w.neighbour.pace.Reset(calm)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\na claim, a refill and a policy elsewhere, and a claim by dry run: p50/p99 in ms, and p50 and p99 as a multiple of quiet "+
		"(wanted: %d); and CPU\n", target)
	fmt.Fprintln(table, "scene\tclaim\t\trefill\t\tpolicy\t\tdry run\t\tour CPU\tserver's")
	for _, s := range []scene{
		{fmt.Sprintf("%d claims over quota", scaled(300, 100)), overQuota},
		{"a webhook that never answers", hanging},
		{fmt.Sprintf("%d Sandboxes with changing refusals", scaled(50, 20)), changingRefusals},
		{fmt.Sprintf("%d busy templates", scaled(1500, 150)), busyTemplates},
	} {
		var namespace string
		t.Run(s.name, func(t *testing.T) {
			quiet := w.goRounds(t)
			row(table, "quiet", quiet, quiet)
			namespace = w.Namespace(t)
			s.begin(t, w, namespace)
			during := w.goRounds(t)
			row(table, s.name, quiet, during)
			table.Flush() // A scene that fails takes no row of another with it.
			for _, m := range measures {
				before, now := percentile(m.of(quiet), 50), percentile(m.of(during), 50)
				if !testing.Short() && now > noticed && now > tolerated*before { // In short, only what never ends fails.
					t.Errorf("%s: %s took %s, and %s in quiet", s.name, m.name, now.Round(time.Millisecond), before.Round(time.Millisecond))
				}
			}
			if w.ended() {
				t.Fatal("a manager has ended")
			}
		})
		if namespace != "" {
			w.awaitGone(t, namespace)
		}
	}
}

// awaitGone waits until a namespace that is being deleted, and all in it, is gone.
func (w *world) awaitGone(t *testing.T, namespace string) {
	t.Helper()
	gone := func(ctx context.Context) (bool, error) {
		err := w.Admin.Get(ctx, client.ObjectKey{Name: namespace}, &corev1.Namespace{})
		return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
	}
	awaited(t, fmt.Sprintf("namespace %q to be gone", namespace), gone)
}

// rounds are what the neighbour waited for, and what was computed meanwhile.
type rounds struct {
	of    []round
	plain []time.Duration
	// cpu is the managers' share of a core, and server the API server's.
	cpu, server float64
}

// measures are the columns.
var measures = []struct {
	name string
	of   func(rounds) []time.Duration
}{
	{"a claim", func(r rounds) []time.Duration { return each(r, func(r round) time.Duration { return r.claim }) }},
	{"a refill", func(r rounds) []time.Duration { return each(r, func(r round) time.Duration { return r.refill }) }},
	{"a policy", func(r rounds) []time.Duration { return each(r, func(r round) time.Duration { return r.policy }) }},
	{"a claim by dry run", func(r rounds) []time.Duration { return r.plain }},
}

func each(all rounds, of func(round) time.Duration) []time.Duration {
	var times []time.Duration
	for _, r := range all.of {
		times = append(times, of(r))
	}
	return times
}

// goRounds does rounds, after one that does not count.
func (w *world) goRounds(t *testing.T) rounds {
	t.Helper()
	var r rounds
	began, used, server := time.Now(), w.cpu(), w.APIServerCPU(t)
	starts := time.NewTicker(every)
	defer starts.Stop()
	for i := range scaled(10, 2) + 1 {
		<-starts.C
		next, err := w.neighbour.goRound(t.Context())
		if err != nil {
			t.Fatalf("the neighbour: %v", err)
		}
		if i > 0 {
			r.of = append(r.of, next)
		}
	}
	r.plain = w.neighbour.await(t.Context(), 0, began)
	took := float64(time.Since(began))
	r.cpu, r.server = float64(w.cpu()-used)/took, float64(w.APIServerCPU(t)-server)/took
	return r
}

func row(table *tabwriter.Writer, name string, quiet, during rounds) {
	fmt.Fprintf(table, "%s", name)
	for _, m := range measures {
		fmt.Fprintf(table, "\t%s\t%.1fx/%.1fx", pair(m.of(during)), multiple(m.of(quiet), m.of(during), 50), multiple(m.of(quiet), m.of(during), 99))
	}
	fmt.Fprintf(table, "\t%.0f %%\t%.0f %%\n", 100*during.cpu, 100*during.server)
}

// multiple returns a percentile during something as a multiple of that before.
func multiple(before, during []time.Duration, percent int) float64 {
	return float64(percentile(during, percent)) / float64(max(percentile(before, percent), time.Microsecond))
}
