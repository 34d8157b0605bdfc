package rules

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// IgnoredTemplateKeys returns a warning for each label and annotation in the pod template of template that is not copied to
// Pods, because it belongs to the controllers. What old has already, with the same value, is not warned of again. old is nil
// on create.
func IgnoredTemplateKeys(old, template *extensionsv1.SandboxTemplate) []string {
	if old == nil {
		old = &extensionsv1.SandboxTemplate{}
	}
	path := field.NewPath("spec", "podTemplate", "metadata")
	before, after := old.Spec.PodTemplate.Metadata, template.Spec.PodTemplate.Metadata
	warnings := ignoredKeys(path.Child("labels"), before.Labels, after.Labels)
	return append(warnings, ignoredKeys(path.Child("annotations"), before.Annotations, after.Annotations)...)
}

func ignoredKeys(path *field.Path, before, after map[string]string) []string {
	var warnings []string
	for _, key := range sortedKeys(after) {
		if value, had := before[key]; IsReserved(key) && (!had || value != after[key]) {
			warnings = append(warnings, fmt.Sprintf(
				"%s: ignored: only Namesake's controller sets this on a Pod, use a key of your own", path.Key(key)))
		}
	}
	return warnings
}
