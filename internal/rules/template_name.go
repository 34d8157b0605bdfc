package rules

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// CheckTemplateName refuses a new template whose name has the same hash as that of other, a template in its namespace, or nil:
// NetworkPolicies select the Pods of a template by that hash, so each would apply to the Pods of both.
func CheckTemplateName(template, other *extensionsv1.SandboxTemplate) field.ErrorList {
	if other == nil || !NamesCollide(template, other) {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("metadata", "name"), template.Name, fmt.Sprintf(
		"SandboxTemplate %q in this namespace has a name of the same hash, %s, and NetworkPolicies select the Pods of a template by it: use another name",
		other.Name, Hash(other.Name)))}
}

// Collide says whether a and b, templates of one namespace, are two whose names have the same hash.
func NamesCollide(a, b *extensionsv1.SandboxTemplate) bool {
	return a.Name != b.Name && Hash(a.Name) == Hash(b.Name)
}

// Elder returns the first of the templates that collide with template, if it was there before template, and else nil. others
// are templates of its namespace. Admission refuses such a name; this is for two that were created in the same moment, and
// for those that are older than admission. Of two created in the same second the one whose name sorts first is the elder, so
// every replica says the same.
func EarlierCollision(template *extensionsv1.SandboxTemplate, others []extensionsv1.SandboxTemplate) *extensionsv1.SandboxTemplate {
	elder := template
	for i := range others {
		if NamesCollide(template, &others[i]) && older(&others[i], elder) {
			elder = &others[i]
		}
	}
	if elder == template {
		return nil
	}
	return elder
}

func older(a, b *extensionsv1.SandboxTemplate) bool {
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name)) < 0
}

// CollisionMessage says what it means for template that its name has the hash of elder's.
func CollisionMessage(template, elder *extensionsv1.SandboxTemplate) string {
	consequence := fmt.Sprintf("NetworkPolicy %q therefore allows nothing, and the Pods of this template may do what those of %q may",
		NetworkPolicyName(template), elder.Name)
	if !isManaged(template) {
		consequence = fmt.Sprintf("the NetworkPolicy of %q therefore applies to the Pods of this template", elder.Name)
	}
	return fmt.Sprintf("SandboxTemplate %q, which was there before, has a name of the same hash, %s, and NetworkPolicies select the Pods of a template by it: %s. "+
		"Create this template under another name instead", elder.Name, Hash(elder.Name), consequence)
}
