package chart

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"sigs.k8s.io/yaml"
)

// The schema refuses what it does not know, so it refuses a value in values.yaml that the schema lacks. This test checks the
// opposite direction: the schema accepts nothing that values.yaml, and so the documentation, does not have.
func TestTheSchemaKnowsNoMoreThanTheValues(t *testing.T) {
	var schema, values object
	read(t, "values.schema.json", &schema)
	read(t, "values.yaml", &values)
	properties, _ := schema["properties"].(object)
	delete(properties, "global") // This is Helm's own.
	compareSchema(t, "", schema, values)
}

func compareSchema(t *testing.T, path string, schema, values object) {
	t.Helper()
	properties, _ := schema["properties"].(object)
	if strict := schema["additionalProperties"]; properties != nil && !reflect.DeepEqual(strict, false) {
		t.Errorf("%s takes whatever is misspelled: additionalProperties is not false", path)
	}
	if path != "" && len(values) == 0 { // An empty value stands for a default that is not a value, such as affinity.
		return
	}
	for name, property := range properties {
		value, ok := values[name]
		if !ok && path != ".resources" { // These are Kubernetes' own, and not all of them have a default.
			t.Errorf("values.yaml lacks %s.%s", path, name)
		}
		inner, _ := property.(object)
		if below, isObject := value.(object); isObject {
			compareSchema(t, path+"."+name, inner, below)
		}
	}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(chartFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	unmarshal := func(content []byte, into any) error { return yaml.UnmarshalStrict(content, into) }
	if filepath.Ext(name) == ".json" {
		unmarshal = json.Unmarshal
	}
	if err := unmarshal(content, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
