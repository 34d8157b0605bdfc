package hostile

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/namesake-sandbox/namesake/test/e2e/testbed"
)

// Samples of the neighbour's claims before an input, and after its beginning.
const (
	samplesBefore = 10
	samplesDuring = 20
)

// Every input is refused with an explanation, or does no harm: no manager ends or exceeds its memory, and the neighbour's
// claims are admitted meanwhile. Times are printed, and only hanging fails.
func TestInputs(t *testing.T) {
	w := enter(t)
	var results []result
	defer func() { report(os.Stdout, results) }()
	for _, i := range slices.Concat(tiny(), huge(), stored(), lists(), largeClaims(), shapes(), unreadable(), identities(), direct()) {
		if testing.Short() {
			i.times = min(i.times, 4)
		}
		t.Run(i.kind+"/"+i.name, func(t *testing.T) {
			r := w.try(t, i)
			results = append(results, r)
			if len(r.problems) > 0 {
				t.Errorf("%v: %d %s", r.problems, r.code, excerpt(r.message))
			}
			w.clear(t)
		})
		if w.ended() {
			t.Fatal("a manager has ended: the inputs after this one are not tried")
		}
	}
}

// try sends an input, once on its own and then as often at once as it says, and looks at the managers and at the neighbour.
func (w *world) try(t *testing.T, i input) result {
	t.Helper()
	r := result{input: i, before: w.neighbour.await(t.Context(), scaled(samplesBefore, samplesBefore/2), time.Now())}
	w.neighbour.failed()
	for _, m := range w.managers {
		if err := m.ResetPeak(); err != nil {
			t.Fatalf("resetting the peak of process %d's memory, which takes Linux: %v", m.PID, err)
		}
	}
	began, ours, server := time.Now(), w.cpu(), w.APIServerCPU(t)
	answers := []answer{i.send(t.Context(), w)}
	r.alone, r.ours, r.server = answers[0].took, w.cpu()-ours, w.APIServerCPU(t)-server
	if i.times > 1 {
		answers = append(answers, w.sendAtOnce(t, i)...)
	}
	r.during = w.neighbour.await(t.Context(), scaled(samplesDuring, samplesDuring/2), began)
	r.answer, r.problems = worst(i.want, answers)
	if r.alone > hardLimit && !testing.Short() {
		r.problems = append(r.problems, fmt.Sprintf("took longer than %s on its own", hardLimit))
	}
	for _, err := range w.neighbour.failed() {
		r.problems = append(r.problems, "a plain claim elsewhere: "+excerpt(err.Error()))
	}
	r.peak, r.problems = w.peak(r.problems)
	return r
}

// sendAtOnce sends an input as often as it says.
func (w *world) sendAtOnce(t *testing.T, i input) []answer {
	t.Helper()
	answers := make([]answer, i.times)
	var sending sync.WaitGroup
	for at := range answers {
		sending.Go(func() { answers[at] = i.send(t.Context(), w) })
	}
	sending.Wait()
	return answers
}

// cpu returns how long the managers that still run have computed.
func (w *world) cpu() time.Duration {
	var sum time.Duration
	for _, m := range w.managers {
		if used, err := m.CPU(); err == nil {
			sum += used
		}
	}
	return sum
}

// worst returns the answer that shows most: the first that is wrong, or else the one that took longest.
func worst(want expectation, answers []answer) (answer, []string) {
	shown, problems := answers[0], []string(nil)
	for _, a := range answers {
		problem := want.problem(a)
		switch {
		case problem != "" && problems == nil:
			shown, problems = a, []string{problem}
		case problems == nil && a.took > shown.took:
			shown = a
		}
	}
	return shown, problems
}

// peak returns the most memory that a manager had, and adds what is wrong with the managers to problems.
func (w *world) peak(problems []string) (int64, []string) {
	var most int64
	for _, m := range w.managers {
		peak, err := m.Peak()
		switch {
		case err != nil:
			problems = append(problems, fmt.Sprintf("manager %d has ended", m.PID))
		case peak >= m.MemoryLimit:
			problems = append(problems, fmt.Sprintf("manager %d had %d MiB, and the limit is %d", m.PID, peak>>20, m.MemoryLimit>>20))
		}
		most = max(most, peak)
	}
	return most, problems
}

// ended reports whether a manager has ended.
func (w *world) ended() bool {
	return slices.ContainsFunc(w.managers, func(m *testbed.Manager) bool {
		_, err := m.Peak()
		return err != nil
	})
}
