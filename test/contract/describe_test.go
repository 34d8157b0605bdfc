package contract

import (
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

type jsonSchema = apiextensionsv1.JSONSchemaProps

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

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
