// Package manifest converts the product's manifests, which are for a manager in the cluster, to manifests for a manager that
// runs beside it.
package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"sigs.k8s.io/yaml"
)

// Object is any Kubernetes object.
type Object map[string]any

// Kind returns the object's kind.
func (o Object) Kind() string {
	kind, _ := o["kind"].(string)
	return kind
}

// Name returns the object's name.
func (o Object) Name() string {
	metadata, _ := o["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	return name
}

// Parse reads the objects of a YAML stream.
func Parse(stream []byte) ([]Object, error) {
	var objects []Object
	for document := range bytes.SplitSeq(append([]byte("\n"), stream...), []byte("\n---")) {
		var object Object
		if err := yaml.Unmarshal(document, &object, exactNumbers); err != nil {
			return nil, fmt.Errorf("reading a manifest: %w\n%s", err, bytes.TrimSpace(document))
		}
		if len(object) > 0 {
			objects = append(objects, object)
		}
	}
	return objects, nil
}

// exactNumbers keeps integers that a float64 would round, such as a CRD's bounds.
func exactNumbers(decoder *json.Decoder) *json.Decoder {
	decoder.UseNumber()
	return decoder
}

// List writes the objects as one list that kubectl applies.
func List(objects []Object) ([]byte, error) {
	return json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
}

// outside are the kinds that only serve a manager in the cluster, or need definitions that are missing here.
var outside = []string{"Deployment", "Service", "Certificate", "Issuer", "ClusterIssuer", "ServiceMonitor"}

// WithoutManager returns the objects without those that only serve a manager in the cluster.
func WithoutManager(objects []Object) []Object {
	return slices.DeleteFunc(slices.Clone(objects), func(o Object) bool { return slices.Contains(outside, o.Kind()) })
}

// ranks orders the kinds that others depend on. All other kinds have rank 0.
var ranks = map[string]int{
	"Namespace":                      -2,
	"CustomResourceDefinition":       -1,
	"ValidatingWebhookConfiguration": 1,
	"MutatingWebhookConfiguration":   1,
}

// Split returns the objects in the order to apply them: those that the rest depends on, and the rest. Webhook configurations
// come last, or they would refuse later objects while nobody serves them.
func Split(objects []Object) (first, rest []Object) {
	for _, o := range objects {
		if ranks[o.Kind()] < 0 {
			first = append(first, o)
			continue
		}
		rest = append(rest, o)
	}
	byRank := func(a, b Object) int { return ranks[a.Kind()] - ranks[b.Kind()] }
	slices.SortStableFunc(first, byRank)
	slices.SortStableFunc(rest, byRank)
	return first, rest
}
