package health

import (
	"testing"

	"github.com/google/cel-go/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// checks are the health checks of a Kustomization of Flux.
type checks struct {
	Spec struct {
		HealthCheckExprs []struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			InProgress string `json:"inProgress"`
			Failed     string `json:"failed"`
			Current    string `json:"current"`
		} `json:"healthCheckExprs"`
	} `json:"spec"`
}

// Flux returns what the page's expressions for Flux say of obj, or what kstatus says if there are none for that kind. As there, they are
// evaluated in this order: inProgress, failed, current; an object that has not observed its generation is in progress whatever they say.
func Flux(t *testing.T, obj *unstructured.Unstructured) string {
	t.Helper()
	var page checks
	if err := yaml.Unmarshal(snippet(t, "healthCheckExprs:"), &page); err != nil {
		t.Fatal(err)
	}
	observed, found, _ := unstructured.NestedInt64(obj.Object, "status", "observedGeneration")
	for _, check := range page.Spec.HealthCheckExprs {
		switch {
		case check.APIVersion != obj.GetAPIVersion() || check.Kind != obj.GetKind():
			continue
		case found && observed != obj.GetGeneration(), holds(t, check.InProgress, obj):
			return "InProgress"
		case holds(t, check.Failed, obj):
			return "Failed"
		case holds(t, check.Current, obj):
			return "Current"
		}
		return "InProgress"
	}
	return Kstatus(t, obj)
}

// holds reports whether expression, if there is one, is true of obj.
func holds(t *testing.T, expression string, obj *unstructured.Unstructured) bool {
	t.Helper()
	if expression == "" {
		return false
	}
	known := []string{"metadata", "spec", "status"}
	var variables []cel.EnvOption
	for _, name := range known {
		variables = append(variables, cel.Variable(name, cel.DynType))
	}
	env, err := cel.NewEnv(variables...)
	if err != nil {
		t.Fatal(err)
	}
	ast, issues := env.Compile(expression)
	if issues.Err() != nil {
		t.Fatalf("%s: %v", expression, issues.Err())
	}
	program, err := env.Program(ast)
	if err != nil {
		t.Fatal(err)
	}
	result, _, err := program.Eval(map[string]any{
		"metadata": obj.Object["metadata"], "spec": obj.Object["spec"], "status": obj.Object["status"],
	})
	if err != nil {
		t.Fatalf("%s of %s: %v", expression, obj.GetName(), err)
	}
	is, ok := result.Value().(bool)
	return ok && is
}
