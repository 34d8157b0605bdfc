package phases

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/test/bench/load/api"
	"github.com/namesake-sandbox/namesake/test/bench/load/report"
	"github.com/namesake-sandbox/namesake/test/bench/load/seen"
)

var start = time.Unix(1000, 0)

// after returns the moment some milliseconds after the start.
func after(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }

// A burst of five on three: two get a warm Sandbox, one of them when it is bound again, one a cold one and is bound again, one waits, one is refused.
func TestEvaluate(t *testing.T) {
	record := &seen.Record{
		Claims: map[string]*seen.Claim{
			"a": {UID: "1", ReadyAt: after(10), Sandboxes: []string{"s"}},
			"b": {UID: "2", ReadyAt: after(20), Sandboxes: []string{"t"}, Bindings: []string{"s", "t"}},
			"c": {UID: "3", ReadyAt: after(400), Sandboxes: []string{"c", "u"}, Bindings: []string{"c", "u"}},
			"d": {UID: "4", Reason: "SandboxNotReady"},
		},
		Sandboxes:  map[string]*seen.Sandbox{"6": {Name: "s", Pooled: true}, "7": {Name: "t", Pooled: true}, "8": {Name: "c"}},
		LabelledAt: map[string]time.Time{"1": after(40), "3": after(300)},
	}
	claims := []asked{
		{name: "a", due: start}, {name: "b", due: start}, {name: "c", due: after(100)}, {name: "d", due: start},
		{name: "e", due: start, refused: errors.Join(&api.Failure{Code: 429, Text: "of e"})},
	}
	phase := report.Phase{Values: map[string]float64{}}
	evaluate(record, claims, 2, &phase)
	want := report.Phase{
		Values: map[string]float64{
			report.ReadyP50: 20, report.ReadyP99: 300, report.Last: 400, report.LabelsP99: 30, report.Achieved: 100,
			report.Rebound: 2, report.Cold: 1,
		},
		Points: []report.Point{
			{Due: 0, Took: 10, Warm: true}, {Due: 0, Took: 20, Warm: true}, {Due: 0.1, Took: 300}, {Due: 0, Took: -1}, {Due: 0, Took: -1},
		},
		Failures: []string{
			"1 claims were refused: HTTP 429", "1 claims are not Ready: SandboxNotReady",
			"the Pods of 1 claims have no label with the claim's UID",
		},
	}
	if diff := cmp.Diff(want, phase); diff != "" {
		t.Error(diff)
	}
}

// What nobody could measure is no figure, and an installation without labels has no failure.
func TestEvaluateNothing(t *testing.T) {
	phase := report.Phase{Values: map[string]float64{}}
	evaluate(&seen.Record{}, []asked{{name: "a", due: start}}, 0, &phase)
	if diff := cmp.Diff(map[string]float64{report.Rebound: 0, report.Cold: 0}, phase.Values); diff != "" {
		t.Error(diff)
	}
	record := &seen.Record{Claims: map[string]*seen.Claim{"a": {UID: "1", ReadyAt: after(10), Sandboxes: []string{"s"}}}}
	phase = report.Phase{Values: map[string]float64{}}
	evaluate(record, []asked{{name: "a", due: start}}, 0, &phase)
	if len(phase.Failures) > 0 {
		t.Errorf("failures: %v", phase.Failures)
	}
}
