package docs

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every alert leads to its section of the runbook, and the runbook has no section of another alert.
func TestEveryAlertHasARunbook(t *testing.T) {
	const page = "https://github.com/namesake-sandbox/namesake/blob/main/docs/runbook.md#"
	rules := read(t, "config/prometheus/prometheus_rule.yaml")
	var alerts []string
	for _, alert := range strings.Split(rules, "- alert: ")[1:] {
		name, _, _ := strings.Cut(alert, "\n")
		alerts = append(alerts, name)
		if !strings.Contains(alert, "runbook_url: "+page+strings.ToLower(name)+"\n") {
			t.Errorf("%s does not lead to its section of the runbook", name)
		}
	}
	var sections []string
	for _, match := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(read(t, "docs/runbook.md"), -1) {
		sections = append(sections, match[1])
	}
	slices.Sort(alerts)
	slices.Sort(sections)
	if alerts = slices.Compact(alerts); !slices.Equal(alerts, sections) {
		t.Errorf("alerts are\n%q, sections of the runbook are\n%q", alerts, sections)
	}
}
