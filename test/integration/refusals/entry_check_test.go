package refusals

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

func TestASheetThatIsWrong(t *testing.T) {
	const pod = "create: {kind: Pod}, by: [editor], webhooks: allowed"
	for name, tc := range map[string]struct{ entries, want string }{
		"no actor":                   {"{title: a, create: {kind: Pod}, webhooks: allowed}", "say title and by"},
		"nothing to write":           {"{title: a, by: [editor], webhooks: allowed}", "say one of create, to, patch and post"},
		"two things to write":        {"{title: a, to: {}, " + pod + "}", "say one of create, to, patch and post"},
		"a change of nothing":        {"{title: a, to: {}, by: [editor], webhooks: allowed}", "say either what is created, or what is changed"},
		"an unknown actor":           {"{title: a, create: {kind: Pod}, by: [mallory], webhooks: allowed}", `by "mallory": use one of`},
		"an unknown kind of request": {"{title: a, how: [fax], " + pod + "}", `how "fax": use one of`},
		"an unknown situation":       {"{title: a, given: [chaos], " + pod + "}", `given "chaos": use one of`},
		"an unknown verdict":         {"{title: a, create: {kind: Pod}, by: [editor], webhooks: perhaps}", `"perhaps" says not what becomes of the write`},
		"a loss that is none":        {"{title: a, lost: much, " + pod + "}", "say lost where policies refuse what webhooks do not"},
		"a loss without a reason":    {"{title: a, policies: refused 422, " + pod + "}", "say lost where policies refuse what webhooks do not"},
		"a title twice":              {"{title: a, " + pod + "}, {title: a, " + pod + "}", `two entries have the title "a"`},
	} {
		t.Run(name, func(t *testing.T) {
			var s sheet
			if err := yaml.UnmarshalStrict([]byte("{rule: pod-owner, entries: ["+tc.entries+"]}"), &s); err != nil {
				t.Fatal(err)
			}
			if err := s.complete(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
}

// An entry is a case for each kind of request and actor, and for each kind of request in a dry run.
func TestTheCasesOfAnEntry(t *testing.T) {
	a := entry{Title: "a", Create: map[string]any{"kind": "Pod"}, How: []string{howCreate, howApply}, By: []string{"editor", "admin"}}
	s := sheet{Rule: "pod-owner", Entries: []entry{a}}
	var got []string
	for _, c := range s.cases()[0] {
		got = append(got, c.String())
	}
	want := []string{
		"pod-owner: a (create, dry run, by editor)", "pod-owner: a (create, by editor)", "pod-owner: a (create, by admin)",
		"pod-owner: a (apply, dry run, by editor)", "pod-owner: a (apply, by editor)", "pod-owner: a (apply, by admin)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cases (-want +got):\n%s", diff)
	}
}

func TestVerdictsAreReadAsTheyArePrinted(t *testing.T) {
	for said, want := range map[string]string{
		"allowed": "", "unchanged": "", "dropped a, b": "", "kept a": "", "refused 403 by rights": "", "refused 422": "refused 422 by pod-owner",
	} {
		got, err := parseVerdict(said, rules.RulePodOwner)
		if want == "" {
			want = said
		}
		if err != nil || got.String() != want {
			t.Errorf("%q is read as %q, %v; want %q", said, got, err, want)
		}
	}
}

// Every rule has a sheet, and every sheet is that of a rule. What is too large, and what is in a namespace that the manager may not look
// at, has tests of its own: it needs more than a case.
func TestEveryRuleHasCases(t *testing.T) {
	sheets, err := readSheets("testdata/cases")
	if err != nil {
		t.Fatal(err)
	}
	have, want := []string{}, []string{byServer}
	for i := range sheets {
		have = append(have, sheets[i].Rule)
	}
	for _, rule := range rules.Rules() {
		if !slices.Contains([]string{rules.RuleLimits, rules.RuleNotServed, rules.RuleOther}, rule.ID) {
			want = append(want, rule.ID)
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("rules (-in internal/rules +in testdata/cases):\n%s", diff)
	}
}

// The README lists every situation and every actor.
func TestTheREADMEIsComplete(t *testing.T) {
	page, err := os.ReadFile("testdata/cases/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(situations)), slices.Collect(maps.Keys(actors)), hows) {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("testdata/cases/README.md does not say what %q is", name)
		}
	}
}

func TestWhatIsTyped(t *testing.T) {
	merge := &entry{Change: "Sandbox/own", Subresource: "status", To: map[string]any{}}
	for name, tc := range map[string]struct {
		c    instance
		want string
	}{
		"a merge patch": {
			instance{entry: merge, how: howMerge}, `$ kubectl patch sandbox own --type=merge --subresource=status -p '{"a":1}'`,
		},
		"a new object": {
			instance{entry: &entry{Create: map[string]any{}}, how: howCreate}, "$ kubectl create -f - <<END\na: 1\nEND",
		},
		"an object that is applied": {
			instance{entry: &entry{Create: map[string]any{}}, how: howApply}, "$ kubectl apply --server-side -f - <<END\na: 1\nEND",
		},
	} {
		typed, ok, err := tc.c.typed([]byte(`{"a":1}`))
		if err != nil || !ok || typed.String() != tc.want {
			t.Errorf("%s: %s, %t, %v, want %s", name, typed, ok, err, tc.want)
		}
	}
	if typed, ok, _ := (instance{entry: merge, how: howReplace}).typed(nil); ok {
		t.Errorf("kubectl has %s for a replace of a subresource", typed)
	}
}
