package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/namesake-sandbox/namesake/internal/limits"
)

type schema = apiextensionsv1.JSONSchemaProps

// bound returns a CRD, in YAML as controller-gen writes it, with a bound on every field that has none.
func bound(crd []byte) ([]byte, error) {
	// Not the type of a CRD, which would add an empty status.
	var object struct {
		APIVersion string                                       `json:"apiVersion"`
		Kind       string                                       `json:"kind"`
		Metadata   any                                          `json:"metadata"`
		Spec       apiextensionsv1.CustomResourceDefinitionSpec `json:"spec"`
	}
	if err := yaml.UnmarshalStrict(crd, &object); err != nil {
		return nil, err
	}
	for i := range object.Spec.Versions {
		b := bounder{kind: object.Spec.Names.Kind}
		root := object.Spec.Versions[i].Schema.OpenAPIV3Schema
		for _, part := range []string{"spec", "status"} { // The API server itself bounds the rest.
			if err := b.inProperty(root, "", part); err != nil {
				return nil, err
			}
		}
	}
	bounded, err := yaml.Marshal(object)
	if err != nil {
		return nil, err
	}
	return append([]byte("---\n"), bytes.TrimPrefix(bounded, []byte("---\n"))...), nil
}

// bounder gives bounds to the fields of a kind.
type bounder struct{ kind string }

func (b bounder) tables(all, ofSandbox []limit) [][]limit {
	if b.kind == "Sandbox" {
		return [][]limit{all, ofSandbox}
	}
	return [][]limit{all}
}

// visit gives bounds to the field at path, and to all below it. What has a bound keeps it.
func (b bounder) visit(path string, s *schema) error {
	switch {
	case s.XIntOrString:
		boundIntOrString(s)
	case s.Type == "string" && len(s.Enum) == 0:
		s.MaxLength = orElse(s.MaxLength, of(path, characters))
	case s.Type == "integer" && s.Format == "int32":
		boundNumber(s)
	case s.Type == "integer" && s.Format == "int64", s.Type == "boolean", len(s.Enum) > 0:
	case s.Type == "array":
		return b.inList(path, s)
	case isMap(s):
		return b.inMap(path, s)
	case s.Type == "object" && s.XPreserveUnknownFields == nil && s.AdditionalProperties == nil:
		return b.inProperties(path, s)
	default:
		return fmt.Errorf("%s: nothing bounds a field of type %q and format %q", path, s.Type, s.Format)
	}
	return nil
}

func (b bounder) inList(path string, s *schema) error {
	s.MaxItems = orElse(s.MaxItems, of(path, b.tables(items, itemsOfSandbox)...))
	return b.visit(path+"[]", s.Items.Schema)
}

func isMap(s *schema) bool {
	return s.Type == "object" && s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil
}

func (b bounder) inMap(path string, s *schema) error {
	s.MaxProperties = orElse(s.MaxProperties, of(path, b.tables(entries, entriesOfSandbox)...))
	return b.visit(path+"{}", s.AdditionalProperties.Schema)
}

func (b bounder) inProperties(path string, s *schema) error {
	for name := range s.Properties {
		if err := b.inProperty(s, path, name); err != nil {
			return err
		}
	}
	return nil
}

func (b bounder) inProperty(parent *schema, path, name string) error {
	child, ok := parent.Properties[name]
	if !ok {
		return nil
	}
	if err := b.visit(strings.TrimPrefix(path+"."+name, "."), &child); err != nil {
		return err
	}
	parent.Properties[name] = child
	return nil
}

// boundIntOrString bounds a quantity, which has a pattern, or a port. The API server takes no number above int64 for an integer.
func boundIntOrString(s *schema) {
	if s.Pattern != "" {
		s.Pattern = limits.QuantityPattern
		return
	}
	boundNumber(s)
	s.MaxLength = orElse(s.MaxLength, 63) // The name of a port has 15 characters.
}

// boundNumber leaves what an int32 of Go holds: the API server does not look at the format.
func boundNumber(s *schema) {
	if s.Minimum == nil {
		s.Minimum = new(float64(math.MinInt32))
	}
	if s.Maximum == nil {
		s.Maximum = new(float64(math.MaxInt32))
	}
}

func orElse(bound *int64, otherwise int64) *int64 {
	if bound != nil {
		return bound
	}
	return &otherwise
}
