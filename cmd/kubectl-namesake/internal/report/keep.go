package report

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/namesake-sandbox/namesake/cmd/kubectl-namesake/internal/objects"
)

// isOurCRD reports whether a CustomResourceDefinition is of the API's groups.
func isOurCRD(object *unstructured.Unstructured) bool {
	group, _, _ := unstructured.NestedString(object.Object, "spec", "group")
	return slices.Contains(ours, group)
}

// withoutSchema leaves the schemas out of a CustomResourceDefinition: with the version of the installation they are known.
func withoutSchema(object *unstructured.Unstructured) {
	versions, _, _ := unstructured.NestedSlice(object.Object, "spec", "versions")
	for _, version := range versions {
		if fields, ok := version.(map[string]any); ok {
			delete(fields, "schema")
		}
	}
	// It fails only for what is no list, and there was one.
	_ = unstructured.SetNestedSlice(object.Object, versions, "spec", "versions")
}

// isOurEvent reports whether an event is about one of the kinds that the report has.
func isOurEvent(object *unstructured.Unstructured) bool {
	about, _, _ := unstructured.NestedString(object.Object, "regarding", "kind")
	return slices.ContainsFunc(objects.Kinds, func(kind *objects.Kind) bool { return kind.Name == about })
}

// isAboutUs reports whether a webhook configuration or a policy mentions the API's groups, or an object of Namesake by its name.
func isAboutUs(object *unstructured.Unstructured) bool {
	return strings.Contains(object.GetName(), objects.ProductNamesake) || strings.Contains(object.GetName(), objects.ProductAgentSandbox) ||
		mentions(object.Object["spec"]) || mentions(object.Object["webhooks"])
}

// mentions reports whether one of the API's groups is a text in value.
func mentions(value any) bool {
	switch value := value.(type) {
	case string:
		return slices.Contains(ours, value)
	case []any:
		return slices.ContainsFunc(value, mentions)
	case map[string]any:
		for _, below := range value {
			if mentions(below) {
				return true
			}
		}
	}
	return false
}

// onlyVersions leaves of a node its name, its labels, its taints, its versions and its conditions.
func onlyVersions(object *unstructured.Unstructured) {
	spec, status := map[string]any{}, map[string]any{}
	for _, field := range []string{"taints", "unschedulable"} {
		if value, found, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", field); found {
			spec[field] = value
		}
	}
	for _, field := range []string{"nodeInfo", "conditions", "capacity", "allocatable"} {
		if value, found, _ := unstructured.NestedFieldNoCopy(object.Object, "status", field); found {
			status[field] = value
		}
	}
	object.Object["spec"], object.Object["status"] = spec, status
}

// why says in a line why something could not be read.
func why(err error) string {
	return cmp.Or(objects.CannotSee(err), strings.ReplaceAll(err.Error(), "\n", " "))
}
