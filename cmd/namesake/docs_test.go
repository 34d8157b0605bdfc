package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"

	"github.com/namesake-sandbox/namesake/api/rules"
	"github.com/namesake-sandbox/namesake/observe/metrics"
)

var update = flag.Bool("update", false, "write docs instead of comparing with it")

// page makes a page of docs of its template in testdata, and compares it with what is there.
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
	page(t, "metrics.md", map[string]any{"Metrics": metrics.All(), "Labels": labels, "Rules": rules.Origins()})
}
