package neighbours

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

var repository = filepath.Join("..", "..", "..")

// The API server accepts any text as an expression. Prometheus does not.
func TestPrometheusReadsTheAlerts(t *testing.T) {
	ruleGroups(t)
}

func TestPrometheusReadsTheDashboard(t *testing.T) {
	p := parser.NewParser(parser.Options{})
	for _, panel := range readDashboard(t).Panels {
		for _, target := range panel.Targets {
			if _, err := p.ParseExpr(filled(target.Expr)); err != nil {
				t.Errorf("%s: %s: %v", panel.Title, target.Expr, err)
			}
		}
	}
}

// dashboard is what the tests read of the chart's dashboard.
type dashboard struct {
	Panels []struct {
		Title   string `json:"title"`
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, "charts", "namesake", "dashboards", "namesake.json"))
	if err != nil {
		t.Fatal(err)
	}
	var board dashboard
	if err := json.Unmarshal(content, &board); err != nil {
		t.Fatal(err)
	}
	if len(board.Panels) == 0 {
		t.Fatal("the dashboard has no panels")
	}
	return board
}

func TestPrometheusReadsTheDocumentation(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(repository, "docs", "metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```promql\n(.*?)\n```").FindAllSubmatch(content, -1)
	if len(examples) == 0 {
		t.Error("it has no examples")
	}
	p := parser.NewParser(parser.Options{})
	for _, example := range examples {
		if _, err := p.ParseExpr(string(example[1])); err != nil {
			t.Errorf("%s: %v", example[1], err)
		}
	}
}

// filled inserts values where Grafana does.
func filled(expression string) string {
	expression = strings.ReplaceAll(expression, "$__rate_interval", "5m")
	return regexp.MustCompile(`\$\w+`).ReplaceAllString(expression, ".*")
}
