package refusals

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

var only = flag.String("only", "", "perform only the cases that have this in what they are called")

// mode is what checks writes.
type mode struct {
	name     string
	webhooks bool
	// transcripts is the file of what people read.
	transcripts string
}

// modes are run in this order: when the webhooks are gone, they stay gone.
var modes = []mode{
	{name: "with webhooks", webhooks: true, transcripts: "with-webhooks"}, {name: "policies only", transcripts: "policies-only"},
}

// expects returns what the case expects in a mode.
func (c instance) expects(m mode) ([]verdict, error) {
	if m.webhooks {
		return parseVerdicts(c.Webhooks, c.rule)
	}
	return parseVerdicts(c.Policies, c.rule)
}

func TestCases(t *testing.T) {
	sheets, err := readSheets("testdata/cases")
	if err != nil {
		t.Fatal(err)
	}
	var result table
	for _, m := range modes {
		if !m.webhooks {
			suite.RemoveWebhooks(t)
		}
		read := newStage(t, m).run(t, sheets, &result)
		if *only == "" {
			suite.GoldenTranscript(t, m.transcripts, read)
		}
	}
	if failed := suite.MatchErrors(t); failed > 0 {
		t.Errorf("%d match conditions could not be evaluated", failed)
	}
	t.Log("\n" + result.String())
}

// run performs the cases of sheets, and returns what people read who try them.
func (s *stage) run(t *testing.T, sheets []sheet, result *table) string {
	t.Helper()
	var read strings.Builder
	for i := range sheets {
		for _, cases := range sheets[i].cases() {
			cases = slices.DeleteFunc(cases, func(c instance) bool { return !strings.Contains(c.String(), *only) })
			for _, c := range cases {
				s.check(t, c, result)
			}
			read.WriteString(s.transcribe(t, cases))
		}
	}
	return read.String()
}

// check performs a case and compares what becomes of it with what is expected.
func (s *stage) check(t *testing.T, c instance, result *table) {
	t.Helper()
	want, err := c.expects(s.mode)
	if err != nil {
		t.Fatalf("%v: %v", c, err)
	}
	came := s.perform(t, c)
	got, err := came.verdict(want[0])
	expected := err == nil && slices.ContainsFunc(want, func(v verdict) bool { return v.String() == got.String() })
	result.cell(line{c.rule, c.kind()}, s.mode.name).count(want[0], expected)
	if !expected {
		t.Errorf("%s, %v: %v, want %v: %v", s.mode.name, c, got, want, came.err)
	}
}

// refusalsByRule counts the refusals of webhooks so far, by rule.
func refusalsByRule(t *testing.T) map[string]float64 {
	t.Helper()
	counts := map[string]float64{}
	for series, count := range suite.Decisions(t) {
		_, labels, _ := strings.Cut(series, "rule=")
		if rule, _, _ := strings.Cut(labels, " "); rule != "" {
			counts[rule] += count
		}
	}
	return counts
}

// counted returns the rule whose count is higher after than before.
func counted(before, after map[string]float64) string {
	for rule, count := range after {
		if count > before[rule] {
			return rule
		}
	}
	return "no rule"
}

func objectsOf(list client.ObjectList) ([]client.Object, error) {
	var objects []client.Object
	err := meta.EachListItem(list, func(item runtime.Object) error {
		obj, ok := item.(client.Object)
		if !ok {
			return fmt.Errorf("%T is no object", item)
		}
		objects = append(objects, obj)
		return nil
	})
	return objects, err
}
