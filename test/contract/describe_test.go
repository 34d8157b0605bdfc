package contract

import (
	"encoding/json"
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

type jsonSchema = apiextensionsv1.JSONSchemaProps

// describer turns a schema into the facts that it states. It does not look inside fields that embed a Kubernetes type.
type describer struct {
	kind   string
	embeds map[fieldKey]string
	facts  map[fieldKey]fieldFact
}

func describe(crd *apiextensionsv1.CustomResourceDefinition, expected map[fieldKey]fieldFact) map[fieldKey]fieldFact {
	d := describer{kind: crd.Spec.Names.Kind, embeds: map[fieldKey]string{}, facts: map[fieldKey]fieldFact{}}
	for key, fact := range expected {
		d.embeds[key] = fact.Embeds
	}
	root := rootSchema(crd).DeepCopy()
	// Every object has these fields.
	for _, name := range []string{"apiVersion", "kind", "metadata"} {
		delete(root.Properties, name)
	}
	d.visit("", root, false)
	return d.facts
}

func (d *describer) visit(path string, schema *jsonSchema, required bool) {
	fact := fieldFact{
		Kind: d.kind, Path: path, Type: schema.Type, Required: required,
		Default: decoded(schema.Default), Format: schema.Format, Minimum: schema.Minimum,
		MaxLength: schema.MaxLength, MaxItems: schema.MaxItems, Pattern: schema.Pattern,
	}
	for _, value := range schema.Enum {
		fact.Enum = append(fact.Enum, decoded(&value).(string))
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
	fact.Embeds = d.embeds[fact.key()]
	if path != "" || fact.Rules != nil {
		d.facts[fact.key()] = fact
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

func decoded(value *apiextensionsv1.JSON) any {
	if value == nil {
		return nil
	}
	var out any
	if err := json.Unmarshal(value.Raw, &out); err != nil {
		panic(err)
	}
	return out
}

// schemaAt returns the schema of a path as describer writes it, or nil.
func schemaAt(schema *jsonSchema, path string) *jsonSchema {
	for _, step := range steps(path) {
		if step == "[]" {
			if schema.Items == nil || schema.Items.Schema == nil {
				return nil
			}
			schema = schema.Items.Schema
			continue
		}
		child, ok := schema.Properties[step]
		if !ok {
			return nil
		}
		schema = &child
	}
	return schema
}
