package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/stats"
)

// Table writes the result as Markdown: for each installation the median over its repetitions, from the lowest to the highest
// of them, and latencies as multiples of the floor of the same repetition. With two installations it compares them.
func (r *Result) Table(w io.Writer, phases []Titled) error {
	t := &table{w: w, result: r}
	t.heading()
	t.header()
	var processes []string
	for _, installation := range r.Installations {
		processes = append(processes, installation.Processes...)
	}
	slices.Sort(processes)
	for _, row := range r.measured(Rows(phases, slices.Compact(processes))) {
		t.row(row)
	}
	t.audit()
	return t.err
}

// table writes until the first error.
type table struct {
	w      io.Writer
	result *Result
	err    error
}

func (t *table) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

func (t *table) heading() {
	r := t.result
	t.printf("%s, %s.", r.Began.UTC().Format("2 January 2006 15:04 UTC"), r.Machine)
	for _, installation := range r.Installations {
		var busy []float64
		for _, repetition := range installation.Repetitions {
			busy = append(busy, 100*repetition.Busy)
		}
		t.printf(" %s: Kubernetes %s, %d repetitions", installation.Name, installation.Kubernetes, len(busy))
		if len(busy) > 0 {
			t.printf(", processors busy before each: %.0f to %.0f %%", slices.Min(busy), slices.Max(busy))
		}
		t.printf(".")
	}
	t.printf(" It took %s.\n", (time.Duration(r.Seconds) * time.Second).String())
	for _, note := range r.Notes {
		t.printf("%s\n", note)
	}
	t.printf("\n")
}

func (t *table) header() {
	columns := []string{"what", "unit"}
	for _, installation := range t.result.Installations {
		columns = append(columns, installation.Name+": median (lowest to highest)", "x floor")
	}
	if len(t.result.Installations) == 2 {
		columns = append(columns, "second / first")
	}
	t.printf("| %s |\n|---|---|%s\n", strings.Join(columns, " | "), strings.Repeat("---:|", len(columns)-2))
}

func (t *table) row(row Row) {
	t.printf("| %s | %s |", row.Title, row.Unit)
	for _, installation := range t.result.Installations {
		values := installation.Values(row.Phase, row.Key)
		text := spread(values)
		if n := len(values); n > 0 && n < len(installation.Repetitions) {
			text += fmt.Sprintf(", of %d", n)
		}
		t.printf(" %s | %s |", text, ratio(row, installation))
	}
	if len(t.result.Installations) == 2 {
		first, second := t.result.Installations[0].Median(row.Phase, row.Key), t.result.Installations[1].Median(row.Phase, row.Key)
		t.printf(" %s |", multiple(second/first))
	}
	t.printf("\n")
}

// spread says the median and the range of values.
func spread(values []float64) string {
	switch len(values) {
	case 0:
		return "-"
	case 1:
		return figure(values[0])
	}
	return fmt.Sprintf("%s (%s to %s)", figure(stats.Median(values)), figure(slices.Min(values)), figure(slices.Max(values)))
}

// ratio says the median of how many times the floor of its repetition a latency was.
func ratio(row Row, installation Installation) string {
	if !row.Floor {
		return ""
	}
	var ratios []float64
	for _, repetition := range installation.Repetitions {
		floor, value := math.NaN(), math.NaN()
		for _, phase := range repetition.Phases {
			if found, ok := phase.Values[FloorP50]; ok && phase.Name == FloorPhase {
				floor = found
			}
			if found, ok := phase.Values[row.Key]; ok && phase.Name == row.Phase {
				value = found
			}
		}
		if one := value / floor; !math.IsNaN(one) {
			ratios = append(ratios, one)
		}
	}
	return multiple(stats.Median(ratios))
}

func multiple(number float64) string {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return "-"
	}
	return fmt.Sprintf("%.2f", number)
}

// figure writes a number with three digits, or all before the point.
func figure(number float64) string {
	switch size := math.Abs(number); {
	case size >= 100:
		return fmt.Sprintf("%.0f", number)
	case size >= 10:
		return fmt.Sprintf("%.1f", number)
	}
	return fmt.Sprintf("%.2f", number)
}

// audit says how many violations there were, and shows what was wrong.
func (t *table) audit() {
	violations, failures := 0, 0
	again := 0.0
	for _, installation := range t.result.Installations {
		for _, repetition := range installation.Repetitions {
			for _, phase := range repetition.Phases {
				violations, failures = violations+len(phase.Violations), failures+len(phase.Failures)
				again += phase.Values[Rebound]
			}
		}
	}
	t.printf("\nAudits: %d violations (in excess, leaks, doubles); %d failures; %.0f claims bound again.\n", violations, failures, again)
	bad := t.result.Bad()
	const shown = 20
	for _, text := range bad[:min(len(bad), shown)] {
		t.printf("- %s\n", text)
	}
	if len(bad) > shown {
		t.printf("- and %d more, in the JSON\n", len(bad)-shown)
	}
}
