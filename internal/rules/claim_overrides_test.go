package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// envOf returns the env of each container, by the name of the container.
func envOf(spec corev1.PodSpec) map[string][]corev1.EnvVar {
	env := map[string][]corev1.EnvVar{}
	for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for _, container := range containers {
			if len(container.Env) > 0 {
				env[container.Name] = container.Env
			}
		}
	}
	return env
}

func TestClaimEnv(t *testing.T) {
	template := builder.MakeTemplate("python").Obj()
	template.Spec.PodTemplate.Spec = corev1.PodSpec{
		InitContainers: []corev1.Container{{Name: "init"}},
		Containers: []corev1.Container{
			{Name: "main", Env: []corev1.EnvVar{{Name: "HOME", Value: "/"}, {Name: "NODE", ValueFrom: &corev1.EnvVarSource{}}}},
			{Name: "side", EnvFrom: []corev1.EnvFromSource{{}}},
		},
	}
	base := []corev1.EnvVar{{Name: "HOME", Value: "/"}, {Name: "NODE", ValueFrom: &corev1.EnvVarSource{}}}
	for name, tc := range map[string]struct {
		policy extensionsv1.EnvVarsInjectionPolicy
		env    []extensionsv1.EnvVar
		want   map[string][]corev1.EnvVar // nil: rejected
	}{
		"no env needs no policy": {"", nil, map[string][]corev1.EnvVar{"main": base}},
		"without a policy, none is allowed": {
			"", []extensionsv1.EnvVar{{Name: "A", Value: "1"}}, nil,
		},
		"under Disallowed, none is allowed": {
			extensionsv1.EnvVarsInjectionDisallowed, []extensionsv1.EnvVar{{Name: "A", Value: "1"}}, nil,
		},
		"under Allowed, a new name goes to the first container": {
			extensionsv1.EnvVarsInjectionAllowed, []extensionsv1.EnvVar{{Name: "A", Value: "1"}},
			map[string][]corev1.EnvVar{"main": append(base[:2:2], corev1.EnvVar{Name: "A", Value: "1"})},
		},
		"under Allowed, a name that is taken is rejected": {
			extensionsv1.EnvVarsInjectionAllowed, []extensionsv1.EnvVar{{Name: "HOME", Value: "/tmp"}}, nil,
		},
		"under Allowed, a name that the claim itself took is rejected": {
			extensionsv1.EnvVarsInjectionAllowed, []extensionsv1.EnvVar{{Name: "A"}, {Name: "A"}}, nil,
		},
		"under Allowed, a container with envFrom is rejected": {
			extensionsv1.EnvVarsInjectionAllowed, []extensionsv1.EnvVar{{Name: "A", ContainerName: "side"}}, nil,
		},
		"an init container is meant when it is named": {
			extensionsv1.EnvVarsInjectionAllowed, []extensionsv1.EnvVar{{Name: "A", ContainerName: "init"}},
			map[string][]corev1.EnvVar{"init": {{Name: "A"}}, "main": base},
		},
		"a container that the template does not have is rejected": {
			extensionsv1.EnvVarsInjectionOverrides, []extensionsv1.EnvVar{{Name: "A", ContainerName: "other"}}, nil,
		},
		"under Overrides, of two of the claim's own the last counts": {
			extensionsv1.EnvVarsInjectionOverrides, []extensionsv1.EnvVar{{Name: "A", Value: "1"}, {Name: "B"}, {Name: "A", Value: "2"}},
			map[string][]corev1.EnvVar{"main": append(base[:2:2], corev1.EnvVar{Name: "A", Value: "2"}, corev1.EnvVar{Name: "B"})},
		},
		"under Overrides, a variable is replaced in its place, source and all": {
			extensionsv1.EnvVarsInjectionOverrides, []extensionsv1.EnvVar{{Name: "NODE", Value: "n"}, {Name: "A", ContainerName: "side"}},
			map[string][]corev1.EnvVar{"main": {base[0], {Name: "NODE", Value: "n"}}, "side": {{Name: "A"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			template := template.DeepCopy()
			template.Spec.EnvVarsInjectionPolicy = tc.policy
			before := template.DeepCopy()
			claim := builder.MakeClaim("c").Template("python").BoundTo("c").Obj()
			claim.Spec.Env = tc.env

			sandbox, problem := rules.NewClaimSandbox(claim, template, rules.DefaultLabelDomains)

			if (problem != nil) != (tc.want == nil) {
				t.Fatalf("problem: %v", problem)
			}
			if problem != nil && problem.Reason != extensionsv1.ReasonEnvVarsInjectionRejected {
				t.Errorf("reason %q", problem.Reason)
			}
			if problem == nil {
				if diff := cmp.Diff(tc.want, envOf(sandbox.Spec.PodTemplate.Spec)); diff != "" {
					t.Errorf("env (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(before, template); diff != "" {
				t.Errorf("the template changed:\n%s", diff)
			}
		})
	}
}

func TestClaimVolumes(t *testing.T) {
	volume := func(name, class string) sandboxv1.PersistentVolumeClaimTemplate {
		return sandboxv1.PersistentVolumeClaimTemplate{
			Metadata: sandboxv1.EmbeddedObjectMetadata{Name: name}, Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &class},
		}
	}
	type list = []sandboxv1.PersistentVolumeClaimTemplate
	for name, tc := range map[string]struct {
		policy      extensionsv1.VolumeClaimTemplatesPolicy
		claim, want list // want nil: rejected
	}{
		"none need no policy":                    {"", nil, list{volume("a", "t"), volume("b", "t")}},
		"without a policy, none are allowed":     {"", list{volume("c", "c")}, nil},
		"under Disallowed, none are allowed":     {extensionsv1.VolumeClaimTemplatesDisallowed, list{volume("c", "c")}, nil},
		"under Allowed, new names are appended":  {extensionsv1.VolumeClaimTemplatesAllowed, list{volume("c", "c")}, list{volume("a", "t"), volume("b", "t"), volume("c", "c")}},
		"under Allowed, a taken name is refused": {extensionsv1.VolumeClaimTemplatesAllowed, list{volume("a", "c")}, nil},
		"under Overrides, it is replaced":        {extensionsv1.VolumeClaimTemplatesOverrides, list{volume("a", "c")}, list{volume("a", "c"), volume("b", "t")}},
	} {
		t.Run(name, func(t *testing.T) {
			template := builder.MakeTemplate("python").Obj()
			template.Spec.VolumeClaimTemplates, template.Spec.VolumeClaimTemplatesPolicy = list{volume("a", "t"), volume("b", "t")}, tc.policy
			claim := builder.MakeClaim("c").Template("python").BoundTo("c").Obj()
			claim.Spec.VolumeClaimTemplates = tc.claim

			sandbox, problem := rules.NewClaimSandbox(claim, template, rules.DefaultLabelDomains)

			if problem != nil {
				if tc.want != nil || problem.Reason != extensionsv1.ReasonVolumeClaimTemplatesError {
					t.Errorf("problem: %v (%s)", problem, problem.Reason)
				}
				return
			}
			if diff := cmp.Diff(tc.want, sandbox.Spec.VolumeClaimTemplates); diff != "" {
				t.Errorf("volumes (-want +got):\n%s", diff)
			}
		})
	}
}
