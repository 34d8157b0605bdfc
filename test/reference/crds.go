// Package reference builds the CustomResourceDefinitions of agent-sandbox out of the facts about them in internal/conformance: a test
// that runs on a cluster of agent-sandbox needs its schemas, which keep nothing that they do not name. Fields of Kubernetes' own types,
// such as a Pod's spec, take anything.
package reference

import (
	"encoding/json"
	"fmt"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/internal/conformance"
)

type schema = apiextensionsv1.JSONSchemaProps

// CRDs returns the definitions.
func CRDs() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	var crds []*apiextensionsv1.CustomResourceDefinition
	for _, kind := range conformance.Kinds() {
		root := &schema{Type: "object"}
		for _, field := range conformance.Fields() {
			if field.Kind == kind.Kind {
				if err := add(&field, root); err != nil {
					return nil, fmt.Errorf("building %s: %w", kind.Kind, err)
				}
			}
		}
		crds = append(crds, definition(&kind, root))
	}
	return crds, nil
}

func definition(k *conformance.Kind, root *schema) *apiextensionsv1.CustomResourceDefinition {
	served := apiextensionsv1.CustomResourceDefinitionVersion{
		Name: conformance.Version, Served: true, Storage: true, Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: root},
		Subresources: &apiextensionsv1.CustomResourceSubresources{},
	}
	for _, subresource := range k.Subresources {
		switch subresource {
		case "status":
			served.Subresources.Status = &apiextensionsv1.CustomResourceSubresourceStatus{}
		case "scale":
			served.Subresources.Scale = &apiextensionsv1.CustomResourceSubresourceScale{
				SpecReplicasPath: k.Scale[0], StatusReplicasPath: k.Scale[1], LabelSelectorPath: &k.Scale[2],
			}
		}
	}
	for _, column := range k.Columns {
		parts := strings.SplitN(column, " ", 3)
		served.AdditionalPrinterColumns = append(served.AdditionalPrinterColumns,
			apiextensionsv1.CustomResourceColumnDefinition{Name: parts[0], Type: parts[1], JSONPath: parts[2]})
	}
	return &apiextensionsv1.CustomResourceDefinition{
		TypeMeta: metav1.TypeMeta{APIVersion: apiextensionsv1.SchemeGroupVersion.String(), Kind: "CustomResourceDefinition"},
		ObjectMeta: metav1.ObjectMeta{
			Name:        k.CRD(),
			Annotations: map[string]string{"api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/agent-sandbox"},
		},
		Spec: apiextensionsv1.CustomResourceDefinitionSpec{
			Group: k.Group, Scope: apiextensionsv1.NamespaceScoped,
			Names: apiextensionsv1.CustomResourceDefinitionNames{
				Kind: k.Kind, ListKind: k.Kind + "List", Plural: k.Plural, Singular: strings.ToLower(k.Kind), ShortNames: k.ShortNames,
			},
			Versions: []apiextensionsv1.CustomResourceDefinitionVersion{served},
		},
	}
}

// add adds the field to the schema of its kind.
func add(f *conformance.Field, root *schema) error {
	own, err := schemaOf(f)
	if err != nil {
		return err
	}
	return put(root, strings.Split(strings.ReplaceAll(f.Path, "[]", ".[]"), "."), own, f.Required)
}

// put puts own below parent, where steps lead. What is on the way is there already.
func put(parent *schema, steps []string, own *schema, required bool) error {
	step, last := steps[0], len(steps) == 1
	if step == "[]" {
		if last {
			parent.Items = &apiextensionsv1.JSONSchemaPropsOrArray{Schema: own}
			return nil
		}
		return put(parent.Items.Schema, steps[1:], own, required)
	}
	if last {
		if parent.Properties == nil {
			parent.Properties = map[string]schema{}
		}
		parent.Properties[step] = *own
		if required {
			parent.Required = append(parent.Required, step)
		}
		return nil
	}
	below, known := parent.Properties[step]
	if !known {
		return fmt.Errorf("%s comes before what is below it", step)
	}
	err := put(&below, steps[1:], own, required)
	parent.Properties[step] = below
	return err
}

func schemaOf(f *conformance.Field) (*schema, error) {
	own := &schema{Type: f.Type, Format: f.Format, Minimum: f.Minimum}
	if f.ListType != "" {
		own.XListType = &f.ListType
	}
	if f.Embeds != "" {
		own.XPreserveUnknownFields = new(true)
	}
	if f.Values != "" {
		own.AdditionalProperties = &apiextensionsv1.JSONSchemaPropsOrBool{Schema: &schema{Type: f.Values}}
	}
	for _, value := range f.Enum {
		own.Enum = append(own.Enum, apiextensionsv1.JSON{Raw: fmt.Appendf(nil, "%q", value)})
	}
	if f.Default != nil {
		raw, err := json.Marshal(f.Default)
		if err != nil {
			return nil, err
		}
		own.Default = &apiextensionsv1.JSON{Raw: raw}
	}
	return own, nil
}
