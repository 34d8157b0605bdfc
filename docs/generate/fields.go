package main

import (
	"fmt"
	"iter"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// field is a row of a table.
type field struct {
	// Path starts at the top of the object, as in spec.env[].name.
	Path, Description string
	// Type is Markdown, with a link if it is a type of Kubernetes.
	Type string
	// Default is JSON, or empty.
	Default string
	// Limits say what values are allowed.
	Limits []string
}

// walk goes through a schema and, at the same time, the type that it comes from.
type walk struct {
	kubernetes string
	fields     []field
	rules      []rule
}

// object adds the fields of the object at a path, in the order of the type.
func (w *walk) object(at string, schema *apiextensionsv1.JSONSchemaProps, t reflect.Type) error {
	w.rules = append(w.rules, rulesAt(at, schema)...)
	for name, member := range members(t) {
		below, ok := schema.Properties[name]
		if !ok {
			return fmt.Errorf("the CRD has no %s.%s: it is stale", at, name)
		}
		if err := w.field(at+"."+name, &below, member, slices.Contains(schema.Required, name)); err != nil {
			return err
		}
	}
	return nil
}

// field adds the field at a path. It also adds what is below the field, unless the field is a type of Kubernetes.
func (w *walk) field(at string, schema *apiextensionsv1.JSONSchemaProps, t reflect.Type, required bool) error {
	f := field{Path: at, Description: schema.Description, Type: w.typeOf(schema, t)}
	if required {
		f.Limits = append(f.Limits, "required")
	}
	f.Limits = append(f.Limits, limits(schema)...)
	if schema.Default != nil {
		f.Default = string(schema.Default.Raw)
	}
	w.fields = append(w.fields, f)
	item, t := schema, bare(t)
	if schema.Type == "array" {
		at, item, t = at+"[]", schema.Items.Schema, bare(t.Elem())
		w.rules = append(w.rules, rulesAt(strings.TrimSuffix(at, "[]"), schema)...)
	}
	if t.Kind() != reflect.Struct || isKubernetes(t) {
		if item == schema {
			w.rules = append(w.rules, rulesAt(at, schema)...)
		}
		return nil
	}
	return w.object(at, item, t)
}

// typeOf names the type of a value for people.
func (w *walk) typeOf(schema *apiextensionsv1.JSONSchemaProps, t reflect.Type) string {
	t = bare(t)
	switch {
	case schema.Type == "array":
		item := w.typeOf(schema.Items.Schema, t.Elem())
		if !isKubernetes(bare(t.Elem())) {
			item += "s"
		}
		return "list of " + item
	case schema.Type == "object" && t.Kind() == reflect.Map:
		return "map of strings"
	case schema.Type == "object" && isKubernetes(t):
		return fmt.Sprintf("[%s](%s)", t.Name(), w.link(t))
	case schema.Format == "date-time":
		return "time"
	default:
		return schema.Type
	}
}

// link returns where Kubernetes' own documentation describes t.
func (w *walk) link(t reflect.Type) string {
	group, version := path.Base(path.Dir(t.PkgPath())), path.Base(t.PkgPath())
	return fmt.Sprintf("https://kubernetes.io/docs/reference/generated/kubernetes-api/%s/#%s-%s-%s", w.kubernetes, strings.ToLower(t.Name()), version, group)
}

// limits returns what schema says beyond the type.
func limits(schema *apiextensionsv1.JSONSchemaProps) []string {
	var said []string
	if len(schema.Enum) > 0 {
		var values []string
		for _, value := range schema.Enum {
			values = append(values, "`"+strings.Trim(string(value.Raw), `"`)+"`")
		}
		said = append(said, strings.Join(values, " or "))
	}
	for _, limit := range []struct {
		format string
		value  *int64
	}{
		{"at least %d characters", schema.MinLength}, {"at most %d characters", schema.MaxLength},
		{"at least %d items", schema.MinItems}, {"at most %d items", schema.MaxItems},
		{"at least %d keys", schema.MinProperties}, {"at most %d keys", schema.MaxProperties},
	} {
		if limit.value != nil {
			said = append(said, fmt.Sprintf(limit.format, *limit.value))
		}
	}
	if schema.Minimum != nil {
		said = append(said, fmt.Sprintf("at least %v", *schema.Minimum))
	}
	if schema.Maximum != nil {
		said = append(said, fmt.Sprintf("at most %v", *schema.Maximum))
	}
	if schema.Pattern != "" {
		said = append(said, "matches `"+schema.Pattern+"`")
	}
	return said
}

// members iterates over the fields of t by their names in JSON, including the fields of embedded types.
func members(t reflect.Type) iter.Seq2[string, reflect.Type] {
	return func(yield func(string, reflect.Type) bool) {
		for f := range fieldsOf(bare(t)) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !yield(name, f.Type) {
				return
			}
		}
	}
}

// fieldsOf iterates over the fields of t that have a name in JSON, in their order.
func fieldsOf(t reflect.Type) iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) {
		for f := range t.Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				if !yield(f) {
					return
				}
				continue
			}
			for inner := range fieldsOf(bare(f.Type)) {
				if !yield(inner) {
					return
				}
			}
		}
	}
}

func memberOf(t reflect.Type, name string) (reflect.Type, bool) {
	for member, of := range members(t) {
		if member == name {
			return of, true
		}
	}
	return nil, false
}

func bare(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func isKubernetes(t reflect.Type) bool { return strings.HasPrefix(t.PkgPath(), "k8s.io/") }

var requirement = regexp.MustCompile(`(?m)^\s*(?:require )?k8s\.io/kubernetes (v\d+\.\d+)\.`)

// kubernetesVersion returns the minor version of Kubernetes in file, such as v1.36.
func kubernetesVersion(file string) (string, error) {
	content, err := os.ReadFile(file) //nolint:gosec // The path comes from who runs this.
	if err != nil {
		return "", err
	}
	found := requirement.FindSubmatch(content)
	if found == nil {
		return "", fmt.Errorf("%s requires no k8s.io/kubernetes", file)
	}
	return string(found[1]), nil
}
