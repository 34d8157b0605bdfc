package rules

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// injectEnv adds the claim's variables to spec, as policy allows. A variable that names a container goes to that
// container, which may be an init container. Any other goes to the first container. Under Overrides, a variable
// replaces the template's variable of the same name together with its source. If the claim itself sets a name twice,
// the last value counts. Under Allowed, the name has to be new, so the container must not use envFrom. injectEnv
// returns what is not allowed. In that case spec must not be used.
func injectEnv(spec *corev1.PodSpec, env []extensionsv1.EnvVar, policy extensionsv1.EnvVarsInjectionPolicy) field.ErrorList {
	path := field.NewPath("spec", "env")
	if len(env) == 0 {
		return nil
	}
	if policy != extensionsv1.EnvVarsInjectionAllowed && policy != extensionsv1.EnvVarsInjectionOverrides {
		return field.ErrorList{field.Forbidden(path,
			"the template does not allow env: leave it out, or set the template's envVarsInjectionPolicy to Allowed or Overrides")}
	}
	var errs field.ErrorList
	given := map[[2]string]bool{} // container and name
	for i := range env {
		container := findContainer(spec, env[i].ContainerName)
		if container == nil {
			errs = append(errs, field.Invalid(path.Index(i).Child("containerName"), env[i].ContainerName, fmt.Sprintf(
				"the template has no such container: use one of %s", containerNames(spec))))
			continue
		}
		key := [2]string{container.Name, env[i].Name}
		if given[key] && policy == extensionsv1.EnvVarsInjectionAllowed {
			errs = append(errs, field.Duplicate(path.Index(i).Child("name"), env[i].Name))
			continue
		}
		given[key] = true
		errs = append(errs, injectVariable(container, &env[i], policy, path.Index(i))...)
	}
	return errs
}

// injectVariable adds one variable to container. path is its position in the claim.
func injectVariable(
	container *corev1.Container, variable *extensionsv1.EnvVar, policy extensionsv1.EnvVarsInjectionPolicy, path *field.Path,
) field.ErrorList {
	var errs field.ErrorList
	for _, problem := range validation.IsRelaxedEnvVarName(variable.Name) {
		errs = append(errs, field.Invalid(path.Child("name"), variable.Name, problem))
	}
	at := slices.IndexFunc(container.Env, func(v corev1.EnvVar) bool { return v.Name == variable.Name })
	added := corev1.EnvVar{Name: variable.Name, Value: variable.Value}
	switch overrides := policy == extensionsv1.EnvVarsInjectionOverrides; {
	case !overrides && len(container.EnvFrom) > 0:
		errs = append(errs, field.Forbidden(path, fmt.Sprintf(
			"container %q has envFrom, which could hold %q: leave it out, or set the template's envVarsInjectionPolicy to Overrides",
			container.Name, variable.Name)))
	case !overrides && at >= 0:
		errs = append(errs, field.Invalid(path.Child("name"), variable.Name, fmt.Sprintf(
			"container %q of the template has it already: use another name, or set the template's envVarsInjectionPolicy to Overrides",
			container.Name)))
	case at >= 0:
		container.Env[at] = added
	default:
		container.Env = append(container.Env, added)
	}
	return errs
}

// findContainer returns the container with that name, or the first container if name is empty. It returns nil if there
// is none.
func findContainer(spec *corev1.PodSpec, name string) *corev1.Container {
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

// containerNames lists the names that findContainer finds, for a message.
func containerNames(spec *corev1.PodSpec) string {
	var names []string
	for _, containers := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range containers {
			names = append(names, fmt.Sprintf("%q", containers[i].Name))
		}
	}
	return strings.Join(names, ", ")
}
