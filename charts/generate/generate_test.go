package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRender(t *testing.T) {
	got, err := render(object{
		"kind": "Thing",
		"metadata": map[string]any{
			"annotations": map[string]any{block(`include "extra" .`): "", "a": "b"},
			"labels":      block(`include "labels" .`),
			"namespace":   action(".Release.Namespace"),
		},
		"list": []any{map[string]any{"config": block(`include "config" (dict "path" "/x")`)}},
		"text": "{{ $value }}",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `kind: Thing
list:
- config:
    {{- include "config" (dict "path" "/x") | nindent 4 }}
metadata:
  annotations:
    {{- with include "extra" . }}
    {{- . | nindent 4 }}
    {{- end }}
    a: b
  labels:
    {{- include "labels" . | nindent 4 }}
  namespace: {{ .Release.Namespace }}
text: '{{ "{{" }} $value }}'
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestEveryAlertOfACertificateFollowsItsDurations checks that the chart keeps none of the times in config. Those are for
// certificates of config's own durations; users of the chart may have others.
func TestEveryAlertOfACertificateFollowsItsDurations(t *testing.T) {
	alerts := "expr: a < 1296000\nexpr: b < 259200\nexpr: c < 13176000\n"
	got, err := fromDurations(alerts)
	if err != nil {
		t.Fatal(err)
	}
	want := `{{- $left := include "namesake.secondsLeft" . | fromYaml }}
expr: a < {{ $left.certificate }}
expr: b < {{ $left.certificateUrgent }}
expr: c < {{ $left.authority }}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := fromDurations(strings.Replace(alerts, "259200", "172800", 1)); err == nil {
		t.Error("config says something else, and the chart would keep it")
	}
}

func TestDescribe(t *testing.T) {
	got, err := describe(`# About the file.

image:
  # Where it is.
  name: a

# All of them.
resources:
  limits: {memory: 1Gi}

# Two
# lines.
list: []
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []value{
		{Name: "image.name", Default: `"a"`, Description: "Where it is."},
		{Name: "resources", Default: `{"limits":{"memory":"1Gi"}}`, Description: "All of them."},
		{Name: "list", Default: "[]", Description: "Two lines."},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEveryValueIsDescribed(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "namesake", "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	values, err := describe(string(content))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		m := valueLine.FindStringSubmatch(line)
		if len(m) == 0 || strings.TrimSpace(line) == m[2]+":" { // This key holds others.
			continue
		}
		found := false
		for _, v := range values {
			_, below, _ := strings.Cut(v.Default, m[2])
			found = found || strings.HasSuffix(v.Name, m[2]) || below != ""
		}
		if !found {
			t.Errorf("%s has no description", strings.TrimSpace(line))
		}
	}
}

func TestCompare(t *testing.T) {
	chart := t.TempDir()
	files := map[string][]byte{"README.md": []byte("a"), filepath.Join(crdFolder, "things.yaml"): []byte("b")}
	if err := write(chart, files); err != nil {
		t.Fatal(err)
	}
	if err := compare(chart, files); err != nil {
		t.Errorf("what was written is stale: %v", err)
	}
	delete(files, filepath.Join(crdFolder, "things.yaml"))
	files["README.md"] = []byte("c")
	err := compare(chart, files)
	for _, want := range []string{"README.md is stale", "things.yaml comes from nothing", "make chart"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	if err := write(chart, files); err != nil {
		t.Fatal(err)
	}
	if err := compare(chart, files); err != nil {
		t.Errorf("what nothing in config makes is still there: %v", err)
	}
}

// The alerts of a release are about its own managers. A part of the text that names config's namespace otherwise would stay.
func TestTheAlertsAreOfTheRelease(t *testing.T) {
	got, err := ofRelease(`expr: max(a{job="x",namespace="namesake-system"}) or b{namespace="namesake-system"}` + "\n")
	if err != nil {
		t.Fatal(err)
	}
	want := `expr: max(a{job="x",namespace="{{ .Release.Namespace }}"}) or b{namespace="{{ .Release.Namespace }}"}` + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, text := range map[string]string{
		"none":        "expr: max(a)\n",
		"another way": "expr: a{namespace=\"namesake-system\"} or b{namespace=~\"namesake-system\"}\n",
	} {
		if got, err := ofRelease(text); err == nil {
			t.Errorf("%s: no error, but %s", name, got)
		}
	}
}
