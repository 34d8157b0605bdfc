package contract

import (
	"reflect"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

var embedded = map[string]reflect.Type{
	"PodSpec":                   reflect.TypeFor[corev1.PodSpec](),
	"PersistentVolumeClaimSpec": reflect.TypeFor[corev1.PersistentVolumeClaimSpec](),
	"NetworkPolicyIngressRule":  reflect.TypeFor[networkingv1.NetworkPolicyIngressRule](),
	"NetworkPolicyEgressRule":   reflect.TypeFor[networkingv1.NetworkPolicyEgressRule](),
	"Condition":                 reflect.TypeFor[metav1.Condition](),
}

// These types write their own JSON, or may contain anything.
var opaque = map[reflect.Type]bool{
	reflect.TypeFor[resource.Quantity]():  true,
	reflect.TypeFor[intstr.IntOrString](): true,
	reflect.TypeFor[metav1.Time]():        true,
	reflect.TypeFor[metav1.ObjectMeta]():  true,
}

// An embedded type is complete: every field of the Go type, at any depth, is in the schema.
func TestEmbeddedTypesAreWhole(t *testing.T) {
	for _, fact := range expectedFields(t) {
		if fact.Embeds == "" {
			continue
		}
		t.Run(fact.Kind+" "+fact.Path, func(t *testing.T) {
			goType, ok := embedded[fact.Embeds]
			if !ok {
				t.Fatalf("no Go type is known for %s", fact.Embeds)
			}
			crd := readCRDs(t)[fact.Kind]
			compareType(t, fact.Path, goType, schemaAt(rootSchema(crd), fact.Path))
		})
	}
}

func compareType(t *testing.T, path string, goType reflect.Type, schema *jsonSchema) {
	t.Helper()
	if schema == nil {
		t.Errorf("%s: %s has it, the CRD has not", path, goType)
		return
	}
	if schema.XPreserveUnknownFields != nil {
		t.Errorf("%s: the schema leaves %s open", path, goType)
	}
	if opaque[goType] {
		return
	}
	switch goType.Kind() {
	case reflect.Pointer:
		compareType(t, path, goType.Elem(), schema)
	case reflect.Slice:
		if goType.Elem().Kind() != reflect.Uint8 {
			compareType(t, path+"[]", goType.Elem(), schemaAt(schema, "[]"))
		}
	case reflect.Struct:
		for field := range goType.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == "" {
				compareType(t, path, field.Type, schema)
				continue
			}
			compareType(t, path+"."+name, field.Type, schemaAt(schema, name))
		}
	}
}

// These defaults make the Pod of a Sandbox the Pod that the API server would store.
func TestEmbeddedDefaults(t *testing.T) {
	for _, kind := range []string{"Sandbox", "SandboxTemplate"} {
		protocol := schemaAt(rootSchema(readCRDs(t)[kind]), "spec.podTemplate.spec.containers[].ports[].protocol")
		if protocol.Default == nil || string(protocol.Default.Raw) != `"TCP"` {
			t.Errorf("%s: the default of a port's protocol is %v, want TCP", kind, protocol.Default)
		}
	}
}
