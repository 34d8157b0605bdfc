package phases

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"time"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
	"github.com/namesake-sandbox/namesake/test/bench/load/seen"
	"github.com/namesake-sandbox/namesake/test/bench/load/stats"
)

// evaluate turns what was seen of claims into the figures and points of a phase.
func evaluate(r *seen.Record, claims []asked, pool int, phase *report.Phase) {
	pooled := map[string]bool{}
	for _, sandbox := range r.Sandboxes {
		pooled[sandbox.Name] = sandbox.Pooled
	}
	e := evaluation{refused: map[string]int{}, waiting: map[string]int{}}
	for _, claim := range claims {
		e.add(r, claim, pooled)
	}
	e.into(phase, pool)
}

type evaluation struct {
	began        time.Time
	points       []report.Point
	took, labels []float64
	ready        []time.Time
	cold, again  int
	unlabelled   int
	// refused and waiting count the claims that are not Ready, by why.
	refused, waiting map[string]int
}

func (e *evaluation) add(r *seen.Record, asked asked, pooled map[string]bool) {
	if e.began.IsZero() || asked.due.Before(e.began) {
		e.began = asked.due
	}
	point := report.Point{Due: asked.due.Sub(e.began).Seconds(), Took: -1}
	claim := r.Claims[asked.name]
	switch {
	case asked.refused != nil:
		e.refused[why(asked.refused)]++
	case claim == nil:
		e.waiting["not seen"]++
	case claim.ReadyAt.IsZero():
		e.waiting[claim.Reason]++
	default:
		point.Took, point.Warm = milliseconds(claim.ReadyAt.Sub(asked.due)), pooled[claim.Sandboxes[0]]
		e.took, e.ready = append(e.took, point.Took), append(e.ready, claim.ReadyAt)
		if !point.Warm {
			e.cold++
		}
		if labelled := r.LabelledAt[claim.UID]; labelled.IsZero() {
			e.unlabelled++
		} else {
			e.labels = append(e.labels, max(0, milliseconds(labelled.Sub(claim.ReadyAt))))
		}
	}
	if claim != nil && (len(claim.Sandboxes) > 1 || len(claim.Bindings) > 1) {
		e.again++
	}
	e.points = append(e.points, point)
}

func (e *evaluation) into(phase *report.Phase, pool int) {
	phase.Points = e.points
	set(phase.Values, report.ReadyP50, stats.Percentile(e.took, 50))
	set(phase.Values, report.ReadyP99, stats.Percentile(e.took, 99))
	set(phase.Values, report.LabelsP99, stats.Percentile(e.labels, 99))
	set(phase.Values, report.Achieved, achieved(e.began, e.ready, pool))
	phase.Values[report.Rebound], phase.Values[report.Cold] = float64(e.again), float64(e.cold)
	if len(e.ready) > 0 {
		phase.Values[report.Last] = milliseconds(slices.MaxFunc(e.ready, time.Time.Compare).Sub(e.began))
	}
	for _, why := range slices.Sorted(maps.Keys(e.refused)) {
		phase.Failures = append(phase.Failures, fmt.Sprintf("%d claims were refused: %s", e.refused[why], why))
	}
	for _, why := range slices.Sorted(maps.Keys(e.waiting)) {
		phase.Failures = append(phase.Failures, fmt.Sprintf("%d claims are not Ready: %s", e.waiting[why], why))
	}
	// An installation that writes no such label at all does not promise it.
	if e.unlabelled > 0 && len(e.labels) > 0 {
		phase.Failures = append(phase.Failures, fmt.Sprintf("the Pods of %d claims have no label with the claim's UID", e.unlabelled))
	}
}

// achieved returns how many claims a second became Ready, of the first that the pool had Sandboxes for.
func achieved(began time.Time, ready []time.Time, pool int) float64 {
	sorted := slices.SortedFunc(slices.Values(ready), time.Time.Compare)
	if pool > 0 {
		sorted = sorted[:min(len(sorted), pool)]
	}
	if len(sorted) == 0 {
		return math.NaN()
	}
	return float64(len(sorted)) / sorted[len(sorted)-1].Sub(began).Seconds()
}

// lateness writes down how late the generator itself was.
func lateness(late []float64, phase *report.Phase) {
	set(phase.Values, report.LateP99, stats.Percentile(late, 99))
	set(phase.Values, report.LateMax, stats.Percentile(late, 100))
}

// set sets a figure if it is a number.
func set(values map[string]float64, key string, value float64) {
	if !math.IsNaN(value) && !math.IsInf(value, 0) {
		values[key] = value
	}
}

// why names the cause of a refusal without the claim's name, so that equal ones are counted together.
func why(refused error) string {
	if answer, ok := errors.AsType[*api.Failure](refused); ok {
		return fmt.Sprintf("HTTP %d", answer.Code)
	}
	if network, ok := errors.AsType[*url.Error](refused); ok {
		return network.Err.Error()
	}
	return refused.Error()
}
