package contract

import (
	"errors"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// object reads the spec of an object of one of the four kinds, as a user writes it.
func object(t *testing.T, kind, name, spec string) *unstructured.Unstructured {
	t.Helper()
	group := "extensions.agents.x-k8s.io"
	if kind == "Sandbox" {
		group = "agents.x-k8s.io"
	}
	o := &unstructured.Unstructured{Object: map[string]any{}}
	o.SetAPIVersion(group + "/v1beta1")
	o.SetKind(kind)
	o.SetNamespace(metav1.NamespaceDefault)
	o.SetName(name)
	setSpec(t, o, spec)
	return o
}

func setSpec(t *testing.T, o *unstructured.Unstructured, spec string) {
	t.Helper()
	fields := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(spec), &fields); err != nil {
		t.Fatalf("%v in %s", err, spec)
	}
	o.Object["spec"] = fields
}

// refusal is one cause of a refused write.
type refusal struct {
	Type  metav1.CauseType
	Field string
}

const (
	invalid      = metav1.CauseTypeFieldValueInvalid
	notSupported = metav1.CauseTypeFieldValueNotSupported
	required     = metav1.CauseTypeFieldValueRequired
)

// refusals returns the causes of a 422, and nothing if err is nil.
func refusals(t *testing.T, err error) []refusal {
	t.Helper()
	if err == nil {
		return nil
	}
	var status apierrors.APIStatus
	if !apierrors.IsInvalid(err) || !errors.As(err, &status) {
		t.Fatalf("want 422 Invalid or nothing, got: %v", err)
	}
	var all []refusal
	for _, cause := range status.Status().Details.Causes {
		// This is no cause: it says that other rules were left out because of those that failed.
		if cause.Field != "<nil>" {
			all = append(all, refusal{cause.Type, cause.Field})
		}
	}
	slices.SortFunc(all, func(a, b refusal) int {
		return slices.Compare([]string{a.Field, string(a.Type)}, []string{b.Field, string(b.Type)})
	})
	return all
}
