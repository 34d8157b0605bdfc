package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

func TestParseNamespaces(t *testing.T) {
	for text, tc := range map[string]struct {
		want  []string
		wrong []string
	}{
		"a":                     {want: []string{"a"}},
		"team-b, team-a":        {want: []string{"team-b", "team-a"}},
		"":                      {wrong: []string{`found "", must be the name of a namespace`}},
		"a,":                    {wrong: []string{`found "", must be the name of a namespace`}},
		"*":                     {wrong: []string{`found "*"`}},
		"Team,a_b,a.b":          {wrong: []string{`found "Team"`, `found "a_b"`, `found "a.b"`}},
		"a,b,a":                 {wrong: []string{`found "a" twice`}},
		strings.Repeat("a", 64): {wrong: []string{"at most 63 small letters"}},
	} {
		t.Run(text, func(t *testing.T) {
			got, err := rules.ParseNamespaces(text)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("namespaces (-want +got):\n%s", diff)
			}
			if (err != nil) != (tc.wrong != nil) {
				t.Fatalf("error %v", err)
			}
			for _, wrong := range tc.wrong {
				if !strings.Contains(err.Error(), wrong) {
					t.Errorf("error %q does not say %q", err, wrong)
				}
			}
		})
	}
}

func TestLeftOut(t *testing.T) {
	byName := func(operator metav1.LabelSelectorOperator, names ...string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: "kubernetes.io/metadata.name", Operator: operator, Values: names},
		}}
	}
	for name, tc := range map[string]struct {
		selector *metav1.LabelSelector
		want     string
		broken   bool
	}{
		"no selector":          {},
		"one that selects all": {selector: &metav1.LabelSelector{}},
		"these":                {selector: byName(metav1.LabelSelectorOpIn, "b", "a")},
		"these and others":     {selector: byName(metav1.LabelSelectorOpIn, "c", "b", "a")},
		"all but another":      {selector: byName(metav1.LabelSelectorOpNotIn, "kube-system")},
		"one of them":          {selector: byName(metav1.LabelSelectorOpIn, "a"), want: "b"},
		"all but one of them":  {selector: byName(metav1.LabelSelectorOpNotIn, "a"), want: "a"},
		"others":               {selector: byName(metav1.LabelSelectorOpIn, "c"), want: "a"},
		"by a label of one's own": {
			selector: &metav1.LabelSelector{MatchLabels: map[string]string{"sandboxes": "yes"}}, want: "a",
		},
		"one that cannot be read": {selector: byName("Like", "a"), broken: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := rules.LeftOut(tc.selector, []string{"a", "b"})
			if got != tc.want || (err != nil) != tc.broken {
				t.Errorf("got %q and %v, want %q", got, err, tc.want)
			}
		})
	}
	if got, err := rules.LeftOut(byName(metav1.LabelSelectorOpIn, "c"), nil); got != "" || err != nil {
		t.Errorf("of no namespaces %q is left out: %v", got, err)
	}
}
