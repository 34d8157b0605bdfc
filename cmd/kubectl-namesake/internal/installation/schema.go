package installation

import (
	"encoding/json"
	"iter"
	"reflect"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// lackingFields returns the fields of a Go type's JSON that schema does not have, as paths in order. A field below a missing one is
// not named. Metadata is the API server's own.
func lackingFields(schema *apiextensionsv1.JSONSchemaProps, object any) []string {
	var lacking []string
	for _, field := range []string{"spec", "status"} {
		for f := range jsonFields(reflect.TypeOf(object)) {
			if f.name != field {
				continue
			}
			if property, has := schema.Properties[field]; has {
				lacking = append(lacking, lackingBelow(&property, f.kind, field)...)
			} else {
				lacking = append(lacking, field)
			}
		}
	}
	slices.Sort(lacking)
	return lacking
}

// marshaler is what writes its own JSON, such as a quantity or a time: its Go fields are none of the schema's.
var marshaler = reflect.TypeFor[json.Marshaler]()

// metadata is that of an object in an object, such as an ephemeral volume's. Its fields are in no schema.
var metadata = reflect.TypeFor[metav1.ObjectMeta]()

func lackingBelow(schema *apiextensionsv1.JSONSchemaProps, kind reflect.Type, path string) []string {
	if schema.XPreserveUnknownFields != nil && *schema.XPreserveUnknownFields {
		return nil
	}
	switch {
	case kind.Kind() == reflect.Pointer:
		return lackingBelow(schema, kind.Elem(), path)
	case kind == metadata, kind.Implements(marshaler), reflect.PointerTo(kind).Implements(marshaler):
		return nil
	case kind.Kind() == reflect.Slice && schema.Items != nil && schema.Items.Schema != nil:
		return lackingBelow(schema.Items.Schema, kind.Elem(), path+"[]")
	case kind.Kind() == reflect.Map && schema.AdditionalProperties != nil && schema.AdditionalProperties.Schema != nil:
		return lackingBelow(schema.AdditionalProperties.Schema, kind.Elem(), path+"{}")
	case kind.Kind() != reflect.Struct:
		return nil
	}
	var lacking []string
	for f := range jsonFields(kind) {
		at := path + "." + f.name
		if property, has := schema.Properties[f.name]; has {
			lacking = append(lacking, lackingBelow(&property, f.kind, at)...)
		} else {
			lacking = append(lacking, at)
		}
	}
	return lacking
}

// jsonField is a field of a struct, by its name in JSON.
type jsonField struct {
	name string
	kind reflect.Type
}

// jsonFields yields the fields of a struct as encoding/json names them, those of embedded structs among them.
func jsonFields(kind reflect.Type) iter.Seq[jsonField] {
	return func(yield func(jsonField) bool) {
		for field := range kind.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			fields := slices.Values([]jsonField{{name, field.Type}})
			switch {
			case field.Anonymous && name == "":
				fields = jsonFields(field.Type)
			case name == "" || name == "-":
				continue
			}
			for f := range fields {
				if !yield(f) {
					return
				}
			}
		}
	}
}
