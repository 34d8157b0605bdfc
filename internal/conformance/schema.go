package conformance

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// aspect is a check of a kind by its definition.
type aspect struct {
	id, says string
	// applies says whether the contract has anything of it.
	applies func(*Kind) bool
	// problems returns what differs from the contract.
	problems func(*Kind, *definition) []string
}

// definition is a kind's definition, and the version that the contract is about. Both may be missing.
type definition struct {
	crd     *apiextensionsv1.CustomResourceDefinition
	version *apiextensionsv1.CustomResourceDefinitionVersion
}

var aspects = []aspect{
	{"Served", "is served as %s, in namespaces, under its names", func(*Kind) bool { return true }, served},
	{"Fields", "has in %s every field, with its type, default and values", func(*Kind) bool { return true }, fieldProblems},
	{"Columns", "has in %s the columns of kubectl get", func(k *Kind) bool { return len(k.Columns) > 0 }, columnProblems},
	{"Subresources", "has in %s its subresources", func(k *Kind) bool { return len(k.Subresources) > 0 }, subresourceProblems},
}

func (a *aspect) check(kind *Kind) Check {
	return Check{ID: kind.Kind + a.id, Says: fmt.Sprintf("%s "+a.says+".", kind.Kind, Version)}
}

// SchemaChecks returns the checks of a kind's definition.
func SchemaChecks(kind *Kind) []Check {
	var checks []Check
	for _, a := range aspects {
		if a.applies(kind) {
			checks = append(checks, a.check(kind))
		}
	}
	return checks
}

// CheckSchema compares a definition with the contract. crd is nil if the cluster has none. More than the contract has is no fault, nor
// is a field that need not be set any more: clients do not notice.
func CheckSchema(kind *Kind, crd *apiextensionsv1.CustomResourceDefinition) []Result {
	d := definition{crd: crd}
	if crd != nil {
		for i := range crd.Spec.Versions {
			if v := &crd.Spec.Versions[i]; v.Name == Version && v.Served {
				d.version = v
			}
		}
	}
	var results []Result
	for _, a := range aspects {
		if !a.applies(kind) {
			continue
		}
		result := Result{Check: a.check(kind), Outcome: Held()}
		if problems := a.problems(kind, &d); len(problems) > 0 {
			result.Outcome = Broken("%s", strings.Join(problems, "; "))
		}
		results = append(results, result)
	}
	return results
}

func served(kind *Kind, d *definition) []string {
	if d.version == nil {
		return []string{d.missing(kind)}
	}
	var problems []string
	if d.crd.Spec.Scope != apiextensionsv1.NamespaceScoped {
		problems = append(problems, "it is not in namespaces")
	}
	got := KindOf(d.crd, d.version)
	if got.Kind != kind.Kind {
		problems = append(problems, fmt.Sprintf("its kind is %s", got.Kind))
	}
	return append(problems, lacking("the short name", kind.ShortNames, got.ShortNames)...)
}

func columnProblems(kind *Kind, d *definition) []string {
	if d.version == nil {
		return []string{d.missing(kind)}
	}
	return lacking("the column", kind.Columns, KindOf(d.crd, d.version).Columns)
}

func subresourceProblems(kind *Kind, d *definition) []string {
	if d.version == nil {
		return []string{d.missing(kind)}
	}
	got := KindOf(d.crd, d.version)
	problems := lacking("the subresource", kind.Subresources, got.Subresources)
	if len(problems) == 0 && !slices.Equal(kind.Scale, got.Scale) {
		problems = append(problems, fmt.Sprintf("scale is by %s instead of %s", strings.Join(got.Scale, ", "), strings.Join(kind.Scale, ", ")))
	}
	return problems
}

func (d *definition) missing(kind *Kind) string {
	if d.crd == nil {
		return fmt.Sprintf("the CustomResourceDefinition %s does not exist", kind.CRD())
	}
	return fmt.Sprintf("the CustomResourceDefinition %s does not serve %s", kind.CRD(), Version)
}

func lacking(what string, want, got []string) []string {
	var problems []string
	for _, one := range want {
		if !slices.Contains(got, one) {
			problems = append(problems, fmt.Sprintf("%s %q is missing", what, one))
		}
	}
	return problems
}

func fieldProblems(kind *Kind, d *definition) []string {
	if d.version == nil {
		return []string{d.missing(kind)}
	}
	if d.version.Schema == nil || d.version.Schema.OpenAPIV3Schema == nil {
		return []string{"it has no schema"}
	}
	want := map[Key]Field{}
	for _, field := range fields {
		if field.Kind == kind.Kind {
			want[field.Key()] = field
		}
	}
	got := Describe(kind.Kind, d.version.Schema.OpenAPIV3Schema, want)
	var problems []string
	for _, field := range fields {
		if field.Kind != kind.Kind {
			continue
		}
		found, ok := got[field.Key()]
		if !ok {
			problems = append(problems, field.Path+" is missing")
			continue
		}
		problems = append(problems, differences(&field, &found)...)
	}
	return append(problems, demanded(want, got)...)
}

// differences returns what clients notice of a field that is not as they know it.
func differences(want, got *Field) []string {
	var problems []string
	note := func(differs bool, format string, args ...any) {
		if differs {
			problems = append(problems, want.Path+" "+fmt.Sprintf(format, args...))
		}
	}
	note(want.Type != got.Type, "has type %q instead of %q", got.Type, want.Type)
	note(want.Format != got.Format, "has format %q instead of %q", got.Format, want.Format)
	note(want.Values != got.Values, "has values of type %q instead of %q", got.Values, want.Values)
	note(want.ListType != "" && want.ListType != got.ListType, "is merged as %q instead of %q", got.ListType, want.ListType)
	note(want.Default != nil && !reflect.DeepEqual(want.Default, got.Default), "has default %v instead of %v", got.Default, want.Default)
	note(got.Required && !want.Required, "is required")
	note(want.Enum == nil && got.Enum != nil, "takes only %s", strings.Join(got.Enum, ", "))
	for _, value := range want.Enum {
		note(got.Enum != nil && !slices.Contains(got.Enum, value), "does not take %s", value)
	}
	if want.Minimum != nil && got.Minimum != nil {
		note(*got.Minimum > *want.Minimum, "takes %v at least, instead of %v", *got.Minimum, *want.Minimum)
	}
	return problems
}

// demanded returns the fields that clients do not know of, and that are required all the same. One below a field that they do not know
// either is not.
func demanded(want, got map[Key]Field) []string {
	byPath := func(a, b Key) int { return strings.Compare(a.Path, b.Path) }
	var problems []string
	for _, key := range slices.SortedFunc(maps.Keys(got), byPath) {
		if _, known := want[key]; known || !got[key].Required {
			continue
		}
		parent := Key{key.Kind, ""}
		if dot := strings.LastIndex(key.Path, "."); dot >= 0 {
			parent.Path = key.Path[:dot]
		}
		if _, known := want[parent]; known || parent.Path == "" {
			problems = append(problems, key.Path+" is required, and clients do not know it")
		}
	}
	return problems
}
