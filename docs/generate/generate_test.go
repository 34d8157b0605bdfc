package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

type embedded struct {
	Until *metav1.Time `json:"until,omitempty"`
}

type item struct {
	Name string `json:"name"`
}

type spec struct {
	embedded `json:",inline"`

	Pod    corev1.PodSpec     `json:"pod"`
	Rules  []metav1.Condition `json:"rules,omitempty"`
	Items  []item             `json:"items,omitempty"`
	Labels map[string]string  `json:"labels,omitempty"`
	Names  []string           `json:"names,omitempty"`
	Count  *int32             `json:"count,omitempty"`
}

const schemaText = `
type: object
required: [pod]
x-kubernetes-validations: [{rule: "true", message: all in all}, {rule: "true", message: at once, fieldPath: .items}]
properties:
  until: {type: string, format: date-time, description: "until is <when> it ends|stops."}
  pod: {type: object, properties: {containers: {type: array, x-kubernetes-validations: [{rule: "true", message: not ours}]}}}
  rules: {type: array, items: {type: object}}
  items:
    type: array
    maxItems: 2
    x-kubernetes-validations: [{rule: "true", message: every one}]
    items:
      type: object
      required: [name]
      x-kubernetes-validations: [{rule: size(self.name) > 0}]
      properties: {name: {type: string, default: a, enum: [a, b], x-kubernetes-validations: [{rule: "true", message: each}]}}
  labels: {type: object, maxProperties: 3, x-kubernetes-validations: [{rule: "true", message: no label}]}
  names: {type: array, items: {type: string}}
  count: {type: integer, minimum: 0, maximum: 7}
`

func schemaOf(t *testing.T, text string) *apiextensionsv1.JSONSchemaProps {
	t.Helper()
	schema := &apiextensionsv1.JSONSchemaProps{}
	if err := yaml.UnmarshalStrict([]byte(text), schema); err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestWalk checks that rows come in the order of the type, with the fields of embedded types in their place. Types of
// Kubernetes are named, and not expanded.
func TestWalk(t *testing.T) {
	w := &walk{kubernetes: "v1.36"}
	if err := w.object("spec", schemaOf(t, schemaText), reflect.TypeFor[spec]()); err != nil {
		t.Fatal(err)
	}
	const pages = "https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#"
	wantFields := []field{
		{Path: "spec.until", Type: "time", Description: "until is <when> it ends|stops."},
		{Path: "spec.pod", Type: "[PodSpec](" + pages + "podspec-v1-core)", Limits: []string{"required"}},
		{Path: "spec.rules", Type: "list of [Condition](" + pages + "condition-v1-meta)"},
		{Path: "spec.items", Type: "list of objects", Limits: []string{"at most 2 items"}},
		{Path: "spec.items[].name", Type: "string", Default: `"a"`, Limits: []string{"required", "`a` or `b`"}},
		{Path: "spec.labels", Type: "map of strings", Limits: []string{"at most 3 keys"}},
		{Path: "spec.names", Type: "list of strings"},
		{Path: "spec.count", Type: "integer", Limits: []string{"at least 0", "at most 7"}},
	}
	if diff := cmp.Diff(wantFields, w.fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	wantRules := []rule{
		{"spec", "all in all"}, {"spec.items", "at once"}, {"spec.items", "every one"},
		{"spec.items[]", "size(self.name) > 0"}, {"spec.items[].name", "each"}, {"spec.labels", "no label"},
	}
	if diff := cmp.Diff(wantRules, w.rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestAStaleCRD(t *testing.T) {
	err := (&walk{}).object("spec", schemaOf(t, `{properties: {until: {type: string}}}`), reflect.TypeFor[spec]())
	if err == nil || err.Error() != "the CRD has no spec.pod: it is stale" {
		t.Errorf("got %v", err)
	}
}

func TestConstants(t *testing.T) {
	const source = `package x

// Kinds and resources of this group.
const (
	// KindX is left out.
	KindX = "X"
)

// Prefix has no block.
const Prefix = Group + "/"

// Labels of KindX. They
// mean more than LabelTwo.
const (
	// LabelOne is on a KindX: how LabelTwo is,
	// or WordThree.
	LabelOne = Prefix + "one"
	// LabelTwo marks a KindX.
	LabelTwo = Prefix + "two"
	// WordThree: shutdownTime has passed.
	WordThree = "Three"
	// WordFour of a KindX is none.
	WordFour = "Four"

	undocumented = 4
)
`
	const group = "package x\n\nconst Group = \"example.com\"\n"
	parse := func(source string) *ast.File {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	if _, err := blocksOf(parse(source), nil, parse(group)); err == nil || err.Error() != "the value of undocumented is not a text" {
		t.Errorf("a number: %v", err)
	}
	got, err := blocksOf(parse(strings.Replace(source, "\n\tundocumented = 4", "", 1)), nil, parse(group))
	if err != nil {
		t.Fatal(err)
	}
	want := []block{{
		Title: "Labels of X", Description: "They mean more than `example.com/two`.",
		Constants: []constant{
			{"example.com/one", "On a `X`: how `example.com/two` is, or `Three`."},
			{"example.com/two", "Marks a `X`."},
			{"Three", "shutdownTime has passed."},
			{"Four", "`Four` of a `X` is none."},
		},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
}

func TestCell(t *testing.T) {
	if got, want := cell("a\n b|c <d> of `e`"), "a b\\|c &lt;d> of `e`"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestKubernetesVersion(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"in a block":     {"require (\n\tk8s.io/api v0.37.2\n\tk8s.io/kubernetes v1.36.3 // indirect\n)", "v1.36"},
		"alone":          {"require k8s.io/kubernetes v1.40.0", "v1.40"},
		"not there":      {"require k8s.io/api v0.37.2", ""},
		"something else": {"require example.com/k8s.io/kubernetes v1.36.3", ""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "go.mod")
			if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := kubernetesVersion(file)
			if got != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}
