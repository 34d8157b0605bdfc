package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// A rule says how much of it the policies enforce.
func TestEachRuleSaysWhatThePoliciesEnforce(t *testing.T) {
	enforced := map[string]bool{}
	for _, p := range slices.Concat(All(), Alone()) {
		for _, check := range p.Checks {
			enforced[check.Rule] = true
		}
	}
	for _, rule := range rules.Rules() {
		if enforced[rule.ID] != (rule.Policy != rules.None) {
			t.Errorf("%s: the catalogue says that policies enforce %s of it, and they enforce it: %t", rule.ID, rule.Policy, enforced[rule.ID])
		}
		delete(enforced, rule.ID)
	}
	if len(enforced) > 0 {
		t.Errorf("not in the catalogue: %v", enforced)
	}
}

// The API server takes no message with a line break, and none without a text.
func TestMessages(t *testing.T) {
	for _, p := range slices.Concat(All(), Alone()) {
		manifest, binding := p.Manifest()
		if binding.Spec.PolicyName != manifest.Name || !strings.HasSuffix(manifest.Name, Suffix) {
			t.Errorf("binding %s is of %s", binding.Name, binding.Spec.PolicyName)
		}
		for _, validation := range manifest.Spec.Validations {
			rule, meaning, ok := strings.Cut(validation.Message, ": ")
			if !ok || rule == "" || meaning == "" || strings.ContainsAny(validation.Message+validation.MessageExpression, "\n\r") {
				t.Errorf("%s: message %q, %q", p.Name, validation.Message, validation.MessageExpression)
			}
		}
	}
}

func TestSay(t *testing.T) {
	for words, want := range map[rules.Words]string{
		"no place":               `'no place'`,
		"it's %q":                `'it\'s "' + x + '"'`,
		"%s, and %q: leave it":   `'' + x + ', and "' + y + '": leave it'`,
		`a back\slash, and "%q"`: `'a back\\slash, and ""' + x + '""'`,
	} {
		found := []string{"x", "y"}[:strings.Count(string(words), "%")]
		if got := say(words, found...).String(); got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
	}
}

func TestJoin(t *testing.T) {
	for _, tc := range []struct {
		texts []text
		want  string
	}{
		{[]text{{quote("a")}, {quote("b")}}, `'ab'`},
		{[]text{{quote("it's")}, {quote("b")}, {"x"}, {quote("c")}}, `'it\'sb' + x + 'c'`},
		{[]text{{"'a' + 'b'"}, {quote("c")}}, `'a' + 'b' + 'c'`},
	} {
		if got := join(tc.texts...).String(); got != tc.want {
			t.Errorf("%v: %s, want %s", tc.texts, got, tc.want)
		}
	}
}
