package contract

import (
	"os"
	"path/filepath"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/internal/conformance"
)

const crdFolder = "../../config/crd/bases"

type (
	fieldFact = conformance.Field
	fieldKey  = conformance.Key
)

// expectedFields returns the contract, overlaid with our own fields.
func expectedFields(t *testing.T) map[fieldKey]fieldFact {
	t.Helper()
	facts := map[fieldKey]fieldFact{}
	for _, f := range append(conformance.Fields(), ours(t)...) {
		f.Why = ""
		facts[f.Key()] = f
	}
	return facts
}

// ours returns what this project adds or narrows.
func ours(t *testing.T) []fieldFact {
	t.Helper()
	data, err := os.ReadFile("testdata/ours.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	all, err := conformance.Lines[fieldFact](data)
	if err != nil {
		t.Fatalf("ours.jsonl: %v", err)
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
