package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// kind is a kind as the page describes it.
type kind struct {
	Name, Description string
	// Resource has the form "sandboxes.agents.x-k8s.io/v1beta1".
	Resource string
	// ShortNames, Subresources and Columns are what kubectl and clients use.
	ShortNames, Subresources, Columns []string
	Sections                          []section
	Rules                             []rule
}

// section is a top field of a kind, spec or status, with the fields below it.
type section struct {
	Name, Description string
	Fields            []field
}

// rule is what the API server checks of the field at Path, beyond the field's schema.
type rule struct {
	Path, Message string
}

// documented holds the kinds in the order of the page, with the types that their CRDs come from. A schema does not say which
// parts of it are types of Kubernetes.
var documented = []any{sandboxv1.Sandbox{}, extensionsv1.SandboxTemplate{}, extensionsv1.SandboxWarmPool{}, extensionsv1.SandboxClaim{}}

// readKinds describes the kinds whose CRDs are in folder. kubernetes is the version that the links lead to.
func readKinds(folder, kubernetes string) ([]kind, error) {
	crds, err := readCRDs(folder)
	if err != nil {
		return nil, err
	}
	var kinds []kind
	for _, object := range documented {
		t := reflect.TypeOf(object)
		crd := crds[t.Name()]
		if crd == nil {
			return nil, fmt.Errorf("no CRD of %s in %q", t.Name(), folder)
		}
		delete(crds, t.Name())
		described, err := describe(crd, t, kubernetes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name(), err)
		}
		kinds = append(kinds, described)
	}
	for name := range crds {
		return nil, fmt.Errorf("the page says nothing of %s", name)
	}
	return kinds, nil
}

func readCRDs(folder string) (map[string]*apiextensionsv1.CustomResourceDefinition, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	crds := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, file := range files {
		content, err := os.ReadFile(file) //nolint:gosec // The folder comes from who runs this.
		if err != nil {
			return nil, err
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.Unmarshal(content, crd); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		crds[crd.Spec.Names.Kind] = crd
	}
	return crds, nil
}

func describe(crd *apiextensionsv1.CustomResourceDefinition, t reflect.Type, kubernetes string) (kind, error) {
	version := crd.Spec.Versions[0]
	schema := version.Schema.OpenAPIV3Schema
	k := kind{
		Name: crd.Spec.Names.Kind, Description: schema.Description, ShortNames: crd.Spec.Names.ShortNames,
		Resource: crd.Name + "/" + version.Name, Rules: rulesAt("", schema),
	}
	for _, column := range version.AdditionalPrinterColumns {
		k.Columns = append(k.Columns, column.Name)
	}
	if sub := version.Subresources; sub != nil {
		if sub.Status != nil {
			k.Subresources = append(k.Subresources, "status")
		}
		if sub.Scale != nil {
			k.Subresources = append(k.Subresources, "scale")
		}
	}
	w := &walk{kubernetes: kubernetes}
	for _, name := range []string{"spec", "status"} {
		below, ok := schema.Properties[name]
		if !ok {
			continue
		}
		w.fields = nil
		member, ok := memberOf(t, name)
		if !ok {
			return kind{}, fmt.Errorf("the type has no %s", name)
		}
		if err := w.object(name, &below, member); err != nil {
			return kind{}, err
		}
		k.Sections = append(k.Sections, section{Name: name, Description: below.Description, Fields: w.fields})
	}
	k.Rules = append(k.Rules, w.rules...)
	return k, nil
}

// rulesAt returns the CEL rules at path.
func rulesAt(path string, schema *apiextensionsv1.JSONSchemaProps) []rule {
	var rules []rule
	for _, validation := range schema.XValidations {
		at := path
		if validation.FieldPath != "" {
			at += validation.FieldPath
		}
		message := validation.Message
		if message == "" {
			message = validation.Rule
		}
		rules = append(rules, rule{Path: strings.TrimPrefix(at, "."), Message: message})
	}
	return rules
}
