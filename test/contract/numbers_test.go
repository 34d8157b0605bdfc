package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// numberedValues writes n entries of a map.
func numberedValues(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("example.com/key-%d: a", i))
	}
	return all
}

// dryRun asks the API server whether it would take object.
func dryRun(t *testing.T, c client.Client, object client.Object) error {
	t.Helper()
	return c.Create(t.Context(), object, client.DryRunAll)
}

// fieldsOf returns the fields that a refusal names, each once and without a dot in front.
func fieldsOf(t *testing.T, err error) []string {
	t.Helper()
	var fields []string
	for _, cause := range refusals(t, err) {
		fields = append(fields, strings.TrimPrefix(cause.Field, "."))
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// The schema needs no bound for numbers beyond int64: the API server calls them no integers.
func TestNumbersBeyondInt64(t *testing.T) {
	c := server(t)
	for name, number := range map[string]string{
		"one more than int64": "9223372036854775808", "a large exponent": "1e300", "far below": "-1e300", "a fraction": "1.5",
	} {
		for field, spec := range map[string]string{
			"an int64":   withPod("securityContext: {runAsUser: 1234}"),
			"an int32":   withPod("priority: 1234"),
			"a quantity": withContainer("resources: {limits: {cpu: 1234}}"),
			"a port":     withContainer("livenessProbe: {httpGet: {port: 1234}}"),
		} {
			t.Run(name+" for "+field, func(t *testing.T) {
				written := object(t, "Sandbox", "runner", spec)
				raw, err := written.MarshalJSON()
				if err != nil {
					t.Fatal(err)
				}
				err = post(t.Context(), c, strings.Replace(string(raw), "1234", number, 1))
				if err == nil || len(fieldsOf(t, err)) == 0 {
					t.Errorf("want a refusal of the field, got %v", err)
				}
			})
		}
	}
}

// post asks the API server whether it would take a Sandbox that is written in JSON, to the letter.
func post(ctx context.Context, c client.Client, sandbox string) error {
	patch := client.RawPatch("application/apply-patch+yaml", []byte(sandbox))
	target := &unstructured.Unstructured{}
	target.SetAPIVersion("agents.x-k8s.io/v1beta1")
	target.SetKind("Sandbox")
	target.SetNamespace(metav1.NamespaceDefault)
	target.SetName("runner")
	return c.Patch(ctx, target, patch, client.DryRunAll, client.FieldOwner("test"))
}
