package contract

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

const crdFolder = "../../config/crd/bases"

// kindFact holds what clients know of a kind.
type kindFact struct {
	Kind         string   `json:"kind"`
	Group        string   `json:"group"`
	Plural       string   `json:"plural"`
	ShortNames   []string `json:"shortNames"`
	Subresources []string `json:"subresources"`
	Scale        []string `json:"scale,omitempty"`
	Columns      []string `json:"columns"`
}

// fieldFact holds what clients know of a field. Embeds names a Kubernetes type that the field contains whole.
type fieldFact struct {
	Kind      string   `json:"kind"`
	Path      string   `json:"path"`
	Type      string   `json:"type"`
	Required  bool     `json:"required,omitempty"`
	Default   any      `json:"default,omitempty"`
	Enum      []string `json:"enum,omitempty"`
	Format    string   `json:"format,omitempty"`
	Minimum   *float64 `json:"minimum,omitempty"`
	MaxLength *int64   `json:"maxLength,omitempty"`
	MaxItems  *int64   `json:"maxItems,omitempty"`
	Pattern   string   `json:"pattern,omitempty"`
	ListType  string   `json:"listType,omitempty"`
	Values    string   `json:"values,omitempty"`
	Embeds    string   `json:"embeds,omitempty"`
	Rules     []string `json:"rules,omitempty"`
	Why       string   `json:"why,omitempty"`
}

type fieldKey struct{ Kind, Path string }

func (f fieldFact) key() fieldKey { return fieldKey{f.Kind, f.Path} }

// expectedFields returns the contract, overlaid with our own fields.
func expectedFields(t *testing.T) map[fieldKey]fieldFact {
	t.Helper()
	facts := map[fieldKey]fieldFact{}
	for _, file := range []string{"fields.jsonl", "ours.jsonl"} {
		for _, f := range readLines[fieldFact](t, file) {
			f.Why = ""
			facts[f.key()] = f
		}
	}
	return facts
}

func readLines[T any](t *testing.T, file string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for i, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var one T
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&one); err != nil {
			t.Fatalf("%s:%d: %v", file, i+1, err)
		}
		all = append(all, one)
	}
	return all
}

// readCRDs returns the generated CRDs by kind.
func readCRDs(t *testing.T) map[string]*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(crdFolder, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	crds := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(data, crd); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		crds[crd.Spec.Names.Kind] = crd
	}
	return crds
}

func rootSchema(crd *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.JSONSchemaProps {
	return crd.Spec.Versions[0].Schema.OpenAPIV3Schema
}
