package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/namesake-sandbox/namesake/internal/audit"
	"github.com/namesake-sandbox/namesake/internal/metrics"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

var update = flag.Bool("update", false, "write docs instead of comparing with it")

// page renders a page of docs from its template in testdata, and compares it with the existing page.
func page(t *testing.T, name string, data any) {
	t.Helper()
	text, err := template.ParseFiles(filepath.Join("testdata", name+".tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := text.Execute(&want, data); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "docs", name)
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("docs/%s is stale: run \"make docs\" (-want +got):\n%s", name, diff)
	}
}

func TestDocsOfMetrics(t *testing.T) {
	var labels []metrics.Label
	seen := map[string]bool{}
	for _, metric := range metrics.All() {
		for _, label := range metric.Labels {
			if !seen[label.Name] {
				seen[label.Name] = true
				labels = append(labels, label)
			}
		}
	}
	page(t, "metrics.md", map[string]any{"Metrics": metrics.All(), "Labels": labels, "Rules": rules.Rules()})
}

func TestDocsOfRefusals(t *testing.T) {
	page(t, "refusals.md", map[string]any{"Rules": rules.Rules()})
}

func TestDocsOfAudit(t *testing.T) {
	page(t, "audit.md", map[string]any{"Checks": audit.Checks()})
}

func TestDocsOfFlags(t *testing.T) {
	type row struct{ Name, Default, Usage, Why string }
	flags := flag.NewFlagSet("namesake", flag.ContinueOnError)
	declare(flags, defaults(), &zap.Options{})
	config.RegisterFlags(flags)
	reasons := map[string]string{}
	for _, former := range ignoredFlags() {
		reasons[former.name] = former.why
	}
	var own, former []row
	flags.VisitAll(func(f *flag.Flag) {
		if why := reasons[f.Name]; why != "" {
			former = append(former, row{Name: f.Name, Why: strings.ToUpper(why[:1]) + why[1:] + "."})
			return
		}
		usage := strings.ReplaceAll(strings.Join(strings.Fields(f.Usage), " "), "|", `\|`)
		own = append(own, row{Name: f.Name, Default: f.DefValue, Usage: usage})
	})
	page(t, "flags.md", map[string]any{"Flags": own, "Former": former})
}
