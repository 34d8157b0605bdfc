package rules

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// CheckTemplateName refuses a new template whose name has the same hash as the name of other. other is a template in
// the same namespace, or nil. NetworkPolicies select the Pods of a template by that hash, so each policy would apply to
// the Pods of both.
func CheckTemplateName(template, other *extensionsv1.SandboxTemplate) field.ErrorList {
	if other == nil || !NamesCollide(template, other) {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), template.Name, fmt.Sprintf(
		"SandboxTemplate %q in this namespace has a name of the same hash, %s, and NetworkPolicies select the Pods of a template by it: use another name",
		other.Name, Hash(other.Name)))}
}

// NamesCollide reports whether a and b, templates in one namespace, have different names with the same hash.
func NamesCollide(a, b *extensionsv1.SandboxTemplate) bool {
	return a.Name != b.Name && Hash(a.Name) == Hash(b.Name)
}

// EarlierCollision returns the earliest of the templates that collide with template, if it is earlier than template,
// and otherwise nil. others are templates in the same namespace. Admission refuses such a name. EarlierCollision is for
// two templates that were created at the same moment, and for templates that are older than admission. Of two templates
// from the same second, the one whose name sorts first is the earlier one, so that every replica decides the same.
func EarlierCollision(template *extensionsv1.SandboxTemplate, others []extensionsv1.SandboxTemplate) *extensionsv1.SandboxTemplate {
	earlier := template
	for i := range others {
		if NamesCollide(template, &others[i]) && older(&others[i], earlier) {
			earlier = &others[i]
		}
	}
	if earlier == template {
		return nil
	}
	return earlier
}

func older(a, b *extensionsv1.SandboxTemplate) bool {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name)) < 0
}

// CollisionMessage returns what it means for template that its name has the hash of earlier's name.
func CollisionMessage(template, earlier *extensionsv1.SandboxTemplate) string {
	consequence := fmt.Sprintf("NetworkPolicy %q therefore allows nothing, and the Pods of this template may do what those of %q may",
		NetworkPolicyName(template), earlier.Name)
	if !isManaged(template) {
		consequence = fmt.Sprintf("the NetworkPolicy of %q therefore applies to the Pods of this template", earlier.Name)
	}
	return fmt.Sprintf("SandboxTemplate %q, which was there before, has a name of the same hash, %s, and NetworkPolicies select the Pods of a template by it: %s. "+
		"Create this template under another name instead", earlier.Name, Hash(earlier.Name), consequence)
}
