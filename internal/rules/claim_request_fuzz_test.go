package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/fuzz/oracle"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

var (
	variables = []string{"A", "B", "", "=", "a b", "LONG" + strings.Repeat("G", 300), "é"}
	places    = []string{"", "main", "init", "none"}
	added     = []string{
		"sandbox.users.io/a", "x.sandbox.users.io/b", "xsandbox.users.io/b", "sandbox.users.io.evil/b", "app", "APP", "kubernetes.io/x",
		"agents.x-k8s.io/sandbox-uid", "sandbox.users.io/", "/a", "Sandbox.users.io/a", "opentelemetry.io/trace-context",
	}
)

// fuzzedRequest returns a template, and a claim that asks for more than it.
func fuzzedRequest(t *tape.Tape) (*extensionsv1.SandboxTemplate, *extensionsv1.SandboxClaim) {
	template := builder.MakeTemplate("t").Containers(corev1.Container{Name: "main", Env: []corev1.EnvVar{{Name: "A", Value: "template"}}}).Obj()
	template.Spec.PodTemplate.Spec.InitContainers = []corev1.Container{{Name: "init"}}
	if t.Below(4) == 3 {
		template.Spec.PodTemplate.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{Prefix: "X"}}
	}
	template.Spec.EnvVarsInjectionPolicy = tape.Of(t, []extensionsv1.EnvVarsInjectionPolicy{"", "Allowed", "Overrides", "Disallowed", "odd"})
	template.Spec.VolumeClaimTemplatesPolicy = tape.Of(t, []extensionsv1.VolumeClaimTemplatesPolicy{"", "Allowed", "Overrides", "odd"})
	template.Spec.VolumeClaimTemplates = builder.MakeSandbox("x").VolumeClaimTemplate("data").Obj().Spec.VolumeClaimTemplates
	template.Spec.PodTemplate.Metadata.Labels = map[string]string{"sandbox.users.io/a": "template"}
	claim := builder.MakeClaim("c").Template("t").BoundTo("c")
	for range t.Below(5) {
		claim.VolumeClaimTemplate(tape.Of(t, []string{"data", "more", "data-2"}))
	}
	c := claim.Obj()
	for range t.Below(5) {
		c.Spec.Env = append(c.Spec.Env, extensionsv1.EnvVar{Name: tape.Of(t, variables), Value: "claim", ContainerName: tape.Of(t, places)})
	}
	c.Spec.AdditionalPodMetadata = sandboxv1.PodMetadata{Labels: map[string]string{}, Annotations: map[string]string{}}
	for range t.Below(4) {
		c.Spec.AdditionalPodMetadata.Labels[tape.Of(t, added)] = tape.Of(t, []string{"x", "", "template", "sandbox-router", "not a value"})
		c.Spec.AdditionalPodMetadata.Annotations[tape.Of(t, added)] = "y"
	}
	c.Annotations[sandboxv1.AnnotationTraceContext] = strings.Repeat("t", t.Below(3)*4000)
	return template, c
}

// FuzzClaimRequest: a Sandbox that is made for a claim has nothing that its template and the administrator do not allow, and what
// admission accepts can be made.
func FuzzClaimRequest(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 2, 2, 1, 1, 2, 0, 1, 1, 0, 1, 0, 1, 1})
	f.Fuzz(func(t *testing.T, program []byte) {
		template, claim := fuzzedRequest(tape.New(program))
		before := template.DeepCopy()
		unbound := claim.DeepCopy()
		delete(unbound.Annotations, sandboxv1.AnnotationBinding)
		refused := rules.CheckOverrides(nil, unbound, template, nil, rules.DefaultLabelDomains)
		sandbox, problem := rules.NewClaimSandbox(claim, template, rules.DefaultLabelDomains)
		if diff := cmp.Diff(before, template); diff != "" {
			t.Fatalf("the template has changed:\n%s", diff)
		}
		if (problem != nil) != (len(refused) > 0) {
			t.Fatalf("admission says %v, and the controller %v", refused, problem)
		}
		if wrong := oracle.Violation(oracle.Write{
			Kind: "SandboxClaim", New: plain(t, unbound), Live: oracle.World{"SandboxTemplate/t": plain(t, template)},
		}); wrong != "" && problem == nil {
			t.Fatal(wrong)
		}
		if problem != nil {
			return
		}
		if trace := sandbox.Annotations[sandboxv1.AnnotationTraceContext]; len(trace) > 4096 {
			t.Errorf("a trace context of %d bytes", len(trace))
		}
		pod := rules.NewPod(sandbox)
		for key := range claim.Spec.AdditionalPodMetadata.Labels {
			if _, has := pod.Labels[key]; !has {
				t.Errorf("label %s is not on the Pod", key)
			}
		}
		checkVariables(t, template, claim, sandbox)
	})
}

// checkVariables: what the claim sets is set, and the template's own only goes where that is allowed.
func checkVariables(t *testing.T, template *extensionsv1.SandboxTemplate, claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) {
	t.Helper()
	main := sandbox.Spec.PodTemplate.Spec.Containers[0]
	set := func(name string) bool {
		return slices.ContainsFunc(claim.Spec.Env, func(v extensionsv1.EnvVar) bool {
			return v.Name == name && (v.ContainerName == "" || v.ContainerName == "main")
		})
	}
	seen := map[string]bool{}
	for _, variable := range main.Env {
		if seen[variable.Name] {
			t.Errorf("variable %q is there twice", variable.Name)
		}
		seen[variable.Name] = true
		if want := set(variable.Name); want != (variable.Value == "claim") {
			t.Errorf("variable %q is %q", variable.Name, variable.Value)
		}
	}
	for _, variable := range claim.Spec.Env {
		if set(variable.Name) && !seen[variable.Name] {
			t.Errorf("variable %q is missing", variable.Name)
		}
	}
	if set("A") && template.Spec.EnvVarsInjectionPolicy != extensionsv1.EnvVarsInjectionOverrides {
		t.Error("the template's variable is replaced")
	}
}
