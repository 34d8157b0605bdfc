package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// KindOf returns what a definition says of its kind in a version.
func KindOf(crd *apiextensionsv1.CustomResourceDefinition, version *apiextensionsv1.CustomResourceDefinitionVersion) Kind {
	names := crd.Spec.Names
	got := Kind{
		Kind: names.Kind, Group: crd.Spec.Group, Plural: names.Plural, ShortNames: names.ShortNames,
		Subresources: []string{}, Columns: []string{},
	}
	if sub := version.Subresources; sub != nil && sub.Scale != nil {
		got.Subresources = append(got.Subresources, "scale")
		got.Scale = []string{sub.Scale.SpecReplicasPath, sub.Scale.StatusReplicasPath}
		if selector := sub.Scale.LabelSelectorPath; selector != nil {
			got.Scale = append(got.Scale, *selector)
		}
	}
	if sub := version.Subresources; sub != nil && sub.Status != nil {
		got.Subresources = append(got.Subresources, "status")
	}
	for _, column := range version.AdditionalPrinterColumns {
		got.Columns = append(got.Columns, strings.Join([]string{column.Name, column.Type, column.JSONPath}, " "))
	}
	return got
}

// describer turns a schema into the facts that it states. It does not look inside fields that embed a Kubernetes type.
type describer struct {
	kind   string
	embeds map[Key]string
	facts  map[Key]Field
}

// Describe returns the fields of a kind by its schema. expected says which of them embed a Kubernetes type: these are not looked into.
func Describe(kind string, schema *apiextensionsv1.JSONSchemaProps, expected map[Key]Field) map[Key]Field {
	d := describer{kind: kind, embeds: map[Key]string{}, facts: map[Key]Field{}}
	for key := range expected {
		d.embeds[key] = expected[key].Embeds
	}
	root := schema.DeepCopy()
	// Every object has these fields.
	for _, name := range []string{"apiVersion", "kind", "metadata"} {
		delete(root.Properties, name)
	}
	d.visit("", root, false)
	return d.facts
}

func (d *describer) visit(path string, schema *apiextensionsv1.JSONSchemaProps, required bool) {
	fact := Field{
		Kind: d.kind, Path: path, Type: schema.Type, Required: required,
		Default: decoded(schema.Default), Format: schema.Format, Minimum: schema.Minimum,
		MaxLength: schema.MaxLength, MaxItems: schema.MaxItems, Pattern: schema.Pattern,
	}
	for _, value := range schema.Enum {
		fact.Enum = append(fact.Enum, fmt.Sprint(decoded(&value)))
	}
	slices.Sort(fact.Enum)
	if schema.XListType != nil {
		fact.ListType = *schema.XListType
	}
	if schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil {
		fact.Values = schema.AdditionalProperties.Schema.Type
	}
	for _, rule := range schema.XValidations {
		fact.Rules = append(fact.Rules, rule.Message)
	}
	fact.Embeds = d.embeds[fact.Key()]
	if path != "" || fact.Rules != nil {
		d.facts[fact.Key()] = fact
	}
	if fact.Embeds != "" {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		child := schema.Properties[name]
		d.visit(join(path, name), &child, slices.Contains(schema.Required, name))
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		d.visit(path+"[]", schema.Items.Schema, false)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// decoded returns a value of a schema. The API server stores none that is no JSON; such a one is returned as it is written.
func decoded(value *apiextensionsv1.JSON) any {
	if value == nil {
		return nil
	}
	var out any
	if err := json.Unmarshal(value.Raw, &out); err != nil {
		return string(value.Raw)
	}
	return out
}
