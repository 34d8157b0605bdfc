package fuzz

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	schemacel "k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubejson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

const repository = "../.."

// schemas are those of the CRDs, by kind.
type schemas map[string]*crd

// crd is what the API server makes of a CRD.
type crd struct {
	structural *structural.Structural
	validator  crdvalidation.SchemaValidator
	rules      *schemacel.Validator
}

// loadSchemas reads the CRDs.
func loadSchemas(tb testing.TB) schemas {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(repository, "config", "crd", "bases", "*.yaml"))
	if err != nil || len(files) != 4 {
		tb.Fatalf("%d CRDs: %v", len(files), err)
	}
	all := schemas{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		definition, internal := &apiextensionsv1.CustomResourceDefinition{}, &apiextensions.JSONSchemaProps{}
		if err := yaml.UnmarshalStrict(text, definition); err != nil {
			tb.Fatal(err)
		}
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(
			definition.Spec.Versions[0].Schema.OpenAPIV3Schema, internal, nil); err != nil {
			tb.Fatal(err)
		}
		c := &crd{}
		if c.structural, err = structural.NewStructural(internal); err != nil {
			tb.Fatal(err)
		}
		if c.validator, _, err = crdvalidation.NewSchemaValidator(internal); err != nil {
			tb.Fatal(err)
		}
		c.rules = schemacel.NewValidator(c.structural, true, celconfig.PerCallLimit)
		all[definition.Spec.Names.Kind] = c
	}
	return all
}

// stored returns an object as the API server has it once it has decoded it, or nil if it cannot: without fields that its kind does
// not have.
func (s schemas) stored(kind string, o object) object {
	if o == nil {
		return nil
	}
	raw := tape.Raw(o)
	if kind == "Pod" {
		var pod corev1.Pod
		if kubejson.Unmarshal(raw, &pod) != nil {
			return nil
		}
		pod.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
		return decode(&pod)
	}
	var named metav1.PartialObjectMetadata
	if kubejson.Unmarshal(raw, &named) != nil {
		return nil
	}
	var pruned object // With numbers as the API server's decoder makes them.
	if kubejson.Unmarshal(raw, &pruned) != nil {
		return nil
	}
	pruned["metadata"], pruned["apiVersion"], pruned["kind"] = decode(&named)["metadata"], tape.Resources[kind].APIVersion, kind
	pruning.Prune(pruned, s[kind].structural, true)
	return pruned
}

// decode returns a typed object as its JSON says it.
func decode(typed any) object {
	raw, err := json.Marshal(typed)
	if err != nil {
		return nil
	}
	var o object
	if kubejson.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

// valid reports whether the API server's own validation takes a write, as far as that is here: of metadata, and of what has a schema.
// Both objects are as stored returns them. old is nil on create.
func (s schemas) valid(t *testing.T, kind string, old, o object) bool {
	t.Helper()
	path := field.NewPath("metadata")
	errs := validation.ValidateObjectMeta(metaOf(o), true, validation.NameIsDNSSubdomain, path)
	if old != nil {
		errs = append(errs, validation.ValidateObjectMetaUpdate(metaOf(o), metaOf(old), path)...)
	}
	if len(errs) > 0 || kind == "Pod" {
		return len(errs) == 0
	}
	c := s[kind]
	if old == nil {
		errs = crdvalidation.ValidateCustomResource(nil, o, c.validator)
	} else {
		errs = crdvalidation.ValidateCustomResourceUpdate(nil, o, old, c.validator)
	}
	if len(errs) == 0 && c.rules != nil {
		var before any
		if old != nil {
			before = old
		}
		errs, _ = c.rules.Validate(t.Context(), nil, c.structural, o, before, celconfig.RuntimeCELCostBudget)
	}
	return len(errs) == 0
}

func metaOf(o object) *metav1.ObjectMeta {
	var named metav1.PartialObjectMetadata
	_ = kubejson.Unmarshal(tape.Raw(o), &named) // It was decoded before.
	named.ResourceVersion = "1"
	return &named.ObjectMeta
}

// canonical is stored with values in one form only, such as quantities.
func (s schemas) canonical(kind string, o object) object {
	o = s.stored(kind, o)
	if o == nil || kind == "Pod" {
		return o
	}
	into := map[string]any{
		"Sandbox": &sandboxv1.Sandbox{}, "SandboxClaim": &extensionsv1.SandboxClaim{},
		"SandboxTemplate": &extensionsv1.SandboxTemplate{}, "SandboxWarmPool": &extensionsv1.SandboxWarmPool{},
	}[kind]
	if kubejson.Unmarshal(tape.Raw(o), into) != nil {
		return nil
	}
	return decode(into)
}
