package rules

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// injectEnv adds the claim's variables to spec, as policy allows: one that names a container goes there, init containers
// included, any other to the first container. Under Overrides it replaces a variable of its name, source and all; under
// Allowed the name has to be new, and so the container must not take names from elsewhere. spec is changed unless a
// problem is returned.
func injectEnv(spec *corev1.PodSpec, env []extensionsv1.EnvVar, policy extensionsv1.EnvVarsInjectionPolicy) *Problem {
	if len(env) == 0 {
		return nil
	}
	if policy != extensionsv1.EnvVarsInjectionAllowed && policy != extensionsv1.EnvVarsInjectionOverrides {
		return rejectEnv("the template does not allow env: leave it out, or set the template's envVarsInjectionPolicy to Allowed or Overrides")
	}
	for i, variable := range env {
		container := target(spec, variable.ContainerName)
		if container == nil {
			return rejectEnv("spec.env[%d].containerName: the template has no container %q", i, variable.ContainerName)
		}
		at := slices.IndexFunc(container.Env, func(v corev1.EnvVar) bool { return v.Name == variable.Name })
		added := corev1.EnvVar{Name: variable.Name, Value: variable.Value}
		switch overrides := policy == extensionsv1.EnvVarsInjectionOverrides; {
		case !overrides && len(container.EnvFrom) > 0:
			return rejectEnv("spec.env[%d]: container %q has envFrom, which could hold %q: the template's envVarsInjectionPolicy would have to be Overrides",
				i, container.Name, variable.Name)
		case !overrides && at >= 0:
			return rejectEnv("spec.env[%d].name: container %q has %q already: use another name, or set the template's envVarsInjectionPolicy to Overrides",
				i, container.Name, variable.Name)
		case at >= 0:
			container.Env[at] = added
		default:
			container.Env = append(container.Env, added)
		}
	}
	return nil
}

// target returns the container of that name; the first one where no name is given.
func target(spec *corev1.PodSpec, name string) *corev1.Container {
	if name == "" && len(spec.Containers) > 0 {
		return &spec.Containers[0]
	}
	for _, containers := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range containers {
			if containers[i].Name == name {
				return &containers[i]
			}
		}
	}
	return nil
}

func rejectEnv(format string, args ...any) *Problem {
	return &Problem{Reason: extensionsv1.ReasonEnvVarsInjectionRejected, Message: fmt.Sprintf(format, args...)}
}
