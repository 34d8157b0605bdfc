// Package named reads which metrics the alerts and the dashboard ask for.
package named

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ours matches names of metrics that the manager serves: Namesake's own, and those of its libraries. It does not match the
// metrics of Prometheus and the API server.
var ours = regexp.MustCompile(
	`\b(?:namesake|agent_sandbox|controller_runtime|workqueue|rest_client|leader_election|process|go)_\w+|\bagent_sandboxes\b`)

// Metrics returns the sorted, unique names of the metrics that the alerts, the dashboard and the examples in the documentation
// ask the manager for. repository is the path to its root.
func Metrics(t *testing.T, repository string) []string {
	t.Helper()
	var names []string
	for file, expression := range map[string]*regexp.Regexp{
		"config/prometheus/prometheus_rule.yaml":   regexp.MustCompile(`(?s)expr: (.*?)\n +for:`),
		"charts/namesake/dashboards/namesake.json": regexp.MustCompile(`"(?:expr|query)": "(.*)"[,}]`),
		"docs/metrics.md":                          regexp.MustCompile("(?s)```promql\n(.*?)\n```"),
	} {
		content, err := os.ReadFile(filepath.Join(repository, file))
		if err != nil {
			t.Fatal(err)
		}
		matches := expression.FindAllSubmatch(content, -1)
		if len(matches) == 0 {
			t.Fatalf("%s has no expressions", file)
		}
		for _, match := range matches {
			for _, name := range ours.FindAllString(string(match[1]), -1) {
				names = append(names, strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_count"), "_sum"))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
