package neighbours

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/metrics"
)

// Each installation has alerts of its own. What is wrong with another one is that one's alert.
func TestWhatIsWrongElsewhere(t *testing.T) {
	cases := map[string]func(*installation){
		"NamesakeDown":               func(i *installation) { i.gone[i.first], i.gone[i.second] = true, true },
		"NamesakeNobodyLeads":        func(i *installation) { i.first.leads = false },
		"NamesakeAdmissionUntrusted": func(i *installation) { i.first.trusted, i.second.trusted = false, false },
		"NamesakeCertificateExpires": func(i *installation) { i.first.certificate = begin.Add(time.Hour) },
		"NamesakeCertificateNotIssued": func(i *installation) {
			i.first.issued, i.second.issued = false, false
		},
		"NamesakeAuthorityExpires": func(i *installation) {
			i.first.authority, i.second.authority = begin.Add(time.Hour), begin.Add(time.Hour)
		},
		"NamesakeUnreadableObjects": func(i *installation) { i.unreadable[sandboxv1.KindSandbox] = 1 },
	}
	for name, wrong := range cases {
		testAlert(t, name, map[string]alertCase{
			name + ", here":      {from: wrong, within: 20 * time.Minute},
			name + ", elsewhere": {from: func(i *installation) { wrong(i.beside) }},
			name + ", in both":   {from: func(i *installation) { wrong(i); wrong(i.beside) }, within: 20 * time.Minute},
		})
	}
	testAlert(t, "NamesakeAdmissionErrors", map[string]alertCase{
		"elsewhere": {each: func(i *installation, _ time.Duration) { i.beside.first.admission.CountFailed("/validate-sandbox") }},
	})
	testAlert(t, "NamesakeReconcileErrors", map[string]alertCase{
		"elsewhere": {each: func(i *installation, _ time.Duration) { i.beside.first.errors.WithLabelValues("sandbox").Add(6) }},
	})
}

// An alert about an installation says which one it is about, in the same label while it fires. Prometheus would take it for
// another alert otherwise, and begin to wait anew.
func TestAlertsNameTheirInstallation(t *testing.T) {
	for _, name := range []string{"NamesakeDown", "NamesakeNobodyLeads"} {
		i, prometheus, rule := newInstallation(t, home), newServer(), alertsOf(t, name)[0]
		i.first.answers, i.first.leads, i.second.answers = name != "NamesakeDown", false, name != "NamesakeDown"
		prometheus.scrape(t, begin, i.targets())
		said := prometheus.active(t, rule.Expr, begin)
		i.gone[i.first], i.gone[i.second] = true, true
		prometheus.scrape(t, begin.Add(interval), i.targets())
		silent := prometheus.active(t, rule.Expr, begin.Add(interval))
		if len(said) != 1 || len(silent) != 1 {
			t.Fatalf("%s: %v while managers answer, and %v when none does", name, said, silent)
		}
		for labels := range said {
			if !silent[labels] || !strings.Contains(labels, `namespace="`+home+`"`) {
				t.Errorf("%s: %v while managers answer, and %v when none does", name, said, silent)
			}
		}
	}
}

// What is asked about managers is asked about those of one installation, and what is asked about Sandboxes is not: these have the
// label of their own namespace.
func TestWhoseMetricsAreAskedFor(t *testing.T) {
	var alerts []string
	for _, group := range ruleGroups(t).Groups {
		for _, rule := range group.Rules {
			alerts = append(alerts, rule.Expr)
		}
	}
	for place, tc := range map[string]struct {
		expressions       []string
		managers, objects string
	}{
		"alerts":    {alerts, `namespace="` + home + `"`, ""},
		"dashboard": {dashboardExpressions(t), `namespace=~"$installation"`, `namespace=~"$namespace"`},
	} {
		for _, expression := range tc.expressions {
			for _, selector := range selectorsOf(t, expression) {
				want := tc.managers
				switch {
				case strings.HasPrefix(selector.Name, "apiserver_"):
					continue // It has no label that could tell.
				case isOfObjects(selector.Name):
					want = tc.objects
				}
				if got := matcherOf(selector, "namespace"); got != want {
					t.Errorf("%s: %s in %s asks for %q, want %q", place, selector.Name, expression, got, want)
				}
			}
		}
	}
}

func dashboardExpressions(t *testing.T) []string {
	t.Helper()
	var expressions []string
	for _, panel := range readDashboard(t).Panels {
		for _, target := range panel.Targets {
			expressions = append(expressions, strings.ReplaceAll(target.Expr, "$__rate_interval", "5m"))
		}
	}
	return expressions
}

func selectorsOf(t *testing.T, expression string) []*parser.VectorSelector {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	if err != nil {
		t.Fatal(err)
	}
	var selectors []*parser.VectorSelector
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		if selector, ok := node.(*parser.VectorSelector); ok {
			selectors = append(selectors, selector)
		}
		return nil
	})
	return selectors
}

// isOfObjects reports whether the metric of that name has the namespace of a Sandbox, a pool or a claim as a label.
func isOfObjects(name string) bool {
	return slices.ContainsFunc(metrics.All(), func(metric metrics.Definition) bool {
		return metric.Name == strings.TrimSuffix(name, "_bucket") &&
			slices.ContainsFunc(metric.Labels, func(label metrics.Label) bool { return label.Name == "namespace" })
	})
}

// matcherOf returns what a selector asks of that label, or nothing.
func matcherOf(selector *parser.VectorSelector, label string) string {
	at := slices.IndexFunc(selector.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == label })
	if at < 0 {
		return ""
	}
	return selector.LabelMatchers[at].String()
}
