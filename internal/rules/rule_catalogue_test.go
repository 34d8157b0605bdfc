package rules_test

import (
	"testing"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Every rule says what it protects, who passes, and what to do instead.
func TestTheCatalogueIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range rules.Rules() {
		if seen[rule.ID] {
			t.Errorf("%s is there twice", rule.ID)
		}
		seen[rule.ID] = true
		if rule.Meaning == "" || rule.Policy == "" {
			t.Errorf("%s says %+v", rule.ID, rule)
		}
		if rule.ID != rules.RuleOther && (rule.Protects == "" || rule.Passes == "" || rule.Example == "" || rule.Remedy == "") {
			t.Errorf("%s lacks something: %+v", rule.ID, rule)
		}
	}
}
