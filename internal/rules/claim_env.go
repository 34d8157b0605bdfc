package rules

import (
	"fmt"
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
	index := newEnvIndex(spec)
	given := map[[2]string]bool{} // container and name
	for i := range env {
		container := index.containers[env[i].ContainerName]
		if container == nil {
			errs = append(errs, field.Invalid(path.Index(i).Child("containerName"), env[i].ContainerName,
				"the template has no such container: use one of "+index.names))
			continue
		}
		key := [2]string{container.Name, env[i].Name}
		if given[key] && policy == extensionsv1.EnvVarsInjectionAllowed {
			errs = append(errs, field.Duplicate(path.Index(i).Child("name"), env[i].Name))
			continue
		}
		given[key] = true
		errs = append(errs, injectVariable(container, index.variables(container), &env[i], policy, path.Index(i))...)
	}
	return errs
}

// injectVariable adds one variable to container. path is its position in the claim.
func injectVariable(
	container *corev1.Container, positions map[string]int, variable *extensionsv1.EnvVar, policy extensionsv1.EnvVarsInjectionPolicy,
	path *field.Path,
) field.ErrorList {
	var errs field.ErrorList
	for _, problem := range validation.IsRelaxedEnvVarName(variable.Name) {
		errs = append(errs, field.Invalid(path.Child("name"), variable.Name, problem))
	}
	at, has := positions[variable.Name]
	added := corev1.EnvVar{Name: variable.Name, Value: variable.Value}
	switch overrides := policy == extensionsv1.EnvVarsInjectionOverrides; {
	case !overrides && len(container.EnvFrom) > 0:
		errs = append(errs, field.Forbidden(path, fmt.Sprintf(
			"container %q has envFrom, which could hold %q: leave it out, or set the template's envVarsInjectionPolicy to Overrides",
			container.Name, variable.Name)))
	case !overrides && has:
		errs = append(errs, field.Invalid(path.Child("name"), variable.Name, fmt.Sprintf(
			"container %q of the template has it already: use another name, or set the template's envVarsInjectionPolicy to Overrides",
			container.Name)))
	case has:
		container.Env[at] = added
	default:
		positions[variable.Name] = len(container.Env)
		container.Env = append(container.Env, added)
	}
	return errs
}

// envIndex finds containers and variables of a Pod by their names. A claim and a template may each have a thousand variables.
type envIndex struct {
	// containers has the first container under "" as well. Where two have one name, the first of the containers counts, then the
	// first of the init containers.
	containers map[string]*corev1.Container
	// names lists the containers for a message.
	names string
	// positions are where the variables of a container are.
	positions map[*corev1.Container]map[string]int
}

func newEnvIndex(spec *corev1.PodSpec) *envIndex {
	index := &envIndex{containers: map[string]*corev1.Container{}, positions: map[*corev1.Container]map[string]int{}}
	var names []string
	for _, containers := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range containers {
			name := containers[i].Name
			if index.containers[name] == nil {
				index.containers[name] = &containers[i]
			}
			names = append(names, fmt.Sprintf("%q", name))
		}
	}
	if len(spec.Containers) > 0 {
		index.containers[""] = &spec.Containers[0]
	}
	index.names = Cut(strings.Join(names, ", "), causeLimit/2)
	return index
}

// variables returns where the variables of container are. The caller adds what it adds.
func (x *envIndex) variables(container *corev1.Container) map[string]int {
	if x.positions[container] == nil {
		at := make(map[string]int, len(container.Env))
		for i := range container.Env {
			if _, has := at[container.Env[i].Name]; !has {
				at[container.Env[i].Name] = i
			}
		}
		x.positions[container] = at
	}
	return x.positions[container]
}
