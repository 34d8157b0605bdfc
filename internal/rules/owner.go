package rules

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// ControllerOf returns the owner reference that controls obj, or nil.
func ControllerOf(obj metav1.Object) *metav1.OwnerReference {
	return metav1.GetControllerOfNoCopy(obj)
}

// ControlledBy reports whether owner controls obj. owner is a Sandbox, claim, pool or template. Both the UID and the
// kind must match, because admission selects its checks by the kind.
func ControlledBy(obj, owner metav1.Object) bool {
	ref := ControllerOf(obj)
	if ref == nil || ref.UID != owner.GetUID() {
		return false
	}
	switch owner.(type) {
	case *sandboxv1.Sandbox:
		return IsSandbox(ref)
	case *extensionsv1.SandboxClaim:
		return IsClaim(ref)
	case *extensionsv1.SandboxWarmPool:
		return IsPool(ref)
	case *extensionsv1.SandboxTemplate:
		return IsTemplate(ref)
	}
	return false
}

// IsSandbox reports whether ref, which may be nil, names a Sandbox in any version.
func IsSandbox(ref *metav1.OwnerReference) bool {
	return isKind(ref, sandboxv1.GroupName, sandboxv1.KindSandbox)
}

// IsPool reports whether ref, which may be nil, names a SandboxWarmPool in any version.
func IsPool(ref *metav1.OwnerReference) bool {
	return isKind(ref, extensionsv1.GroupName, extensionsv1.KindSandboxWarmPool)
}

// IsClaim reports whether ref, which may be nil, names a SandboxClaim in any version.
func IsClaim(ref *metav1.OwnerReference) bool {
	return isKind(ref, extensionsv1.GroupName, extensionsv1.KindSandboxClaim)
}

// isOurs reports whether ref, which may be nil, names a pool or a claim in any version.
func isOurs(ref *metav1.OwnerReference) bool { return IsPool(ref) || IsClaim(ref) }

// IsTemplate reports whether ref, which may be nil, names a SandboxTemplate in any version.
func IsTemplate(ref *metav1.OwnerReference) bool {
	return isKind(ref, extensionsv1.GroupName, extensionsv1.KindSandboxTemplate)
}

func isKind(ref *metav1.OwnerReference, group, kind string) bool {
	if ref == nil || ref.Kind != kind {
		return false
	}
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	return err == nil && gv.Group == group
}

// SandboxOwner returns the reference by which sandbox controls the objects that it owns.
func SandboxOwner(sandbox *sandboxv1.Sandbox) *metav1.OwnerReference {
	return metav1.NewControllerRef(sandbox, sandboxv1.GroupVersion.WithKind(sandboxv1.KindSandbox))
}

// ClaimOwner returns the reference by which claim controls its Sandbox.
func ClaimOwner(claim *extensionsv1.SandboxClaim) *metav1.OwnerReference {
	return metav1.NewControllerRef(claim, extensionsv1.GroupVersion.WithKind(extensionsv1.KindSandboxClaim))
}

// PoolOwner returns the reference by which pool controls its Sandboxes.
func PoolOwner(pool *extensionsv1.SandboxWarmPool) *metav1.OwnerReference {
	return metav1.NewControllerRef(pool, extensionsv1.GroupVersion.WithKind(extensionsv1.KindSandboxWarmPool))
}

// TemplateOwner returns the reference by which template controls its NetworkPolicy.
func TemplateOwner(template *extensionsv1.SandboxTemplate) *metav1.OwnerReference {
	return metav1.NewControllerRef(template, extensionsv1.GroupVersion.WithKind(extensionsv1.KindSandboxTemplate))
}

// describeOwner returns ref for a message: `SandboxClaim "a"`, or "nobody".
func describeOwner(ref *metav1.OwnerReference) string {
	if ref == nil {
		return "nobody"
	}
	return fmt.Sprintf("%s %q", ref.Kind, ref.Name)
}

// controllerIndex returns the position of the controller among the owner references of obj, or -1.
func controllerIndex(obj metav1.Object) int {
	for i, ref := range obj.GetOwnerReferences() {
		if ref.Controller != nil && *ref.Controller {
			return i
		}
	}
	return -1
}

// sameOwner reports whether before and after name the same owner. The reference may change from an API version that is
// not served to the served one, and never back.
func sameOwner(before, after *metav1.OwnerReference) bool {
	if before == nil || after == nil {
		return before == after
	}
	return before.UID == after.UID && before.Kind == after.Kind && before.Name == after.Name &&
		(before.APIVersion == after.APIVersion || servedVersion(before) == after.APIVersion)
}

func hasOwner(sandbox *sandboxv1.Sandbox, ref *metav1.OwnerReference) bool {
	if sandbox == nil {
		return false
	}
	for i := range sandbox.OwnerReferences {
		if sameOwner(&sandbox.OwnerReferences[i], ref) {
			return true
		}
	}
	return false
}

func invalidOwner(ref *metav1.OwnerReference, words Words, found ...any) field.ErrorList {
	return field.ErrorList{field.Invalid(ownersPath, describeOwner(ref), words.With(found...))}
}
