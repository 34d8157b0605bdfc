// Package conformance says what clients of agent-sandbox rely on, and whether a cluster's CustomResourceDefinitions bear it out.
//
// facts/kinds.jsonl and facts/fields.jsonl are that contract, one fact a line. They are facts about agent-sandbox's own definitions,
// https://github.com/kubernetes-sigs/agent-sandbox. The package decides, and reads nothing from a cluster.
package conformance

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

// Version is the version of the API that the facts are about.
const Version = "v1beta1"

// Kind holds what clients know of a kind.
type Kind struct {
	Kind         string   `json:"kind"`
	Group        string   `json:"group"`
	Plural       string   `json:"plural"`
	ShortNames   []string `json:"shortNames"`
	Subresources []string `json:"subresources"`
	// Scale are the paths of the wanted replicas, of those that there are, and of the selector.
	Scale []string `json:"scale,omitempty"`
	// Columns are name, type and path, with a space between them.
	Columns []string `json:"columns"`
}

// CRD returns the name of the kind's CustomResourceDefinition.
func (k *Kind) CRD() string { return k.Plural + "." + k.Group }

// Field holds what clients know of a field. Embeds names a Kubernetes type that the field contains whole.
type Field struct {
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

// Key identifies a field. Path is as in "spec.env[].name".
type Key struct{ Kind, Path string }

// Key returns the field's key.
func (f *Field) Key() Key { return Key{f.Kind, f.Path} }

var (
	//go:embed facts/kinds.jsonl
	kindLines []byte
	//go:embed facts/fields.jsonl
	fieldLines []byte

	kinds  = must(Lines[Kind](kindLines))
	fields = must(Lines[Field](fieldLines))
)

// Kinds returns the four kinds.
func Kinds() []Kind { return slices.Clone(kinds) }

// Fields returns the fields of all kinds. A field comes before those below it.
func Fields() []Field { return slices.Clone(fields) }

// Lines reads facts, one a line. An unknown key is an error.
func Lines[T any](data []byte) ([]T, error) {
	var all []T
	for i, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var one T
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&one); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// must is for what is part of the program: that it can be read does not depend on anything outside.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
