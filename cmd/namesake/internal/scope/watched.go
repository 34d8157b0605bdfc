package scope

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Watched returns the resources in namespaces that a manager's cache holds.
func Watched() []schema.GroupResource {
	return []schema.GroupResource{
		{Group: sandboxv1.GroupVersion.Group, Resource: sandboxv1.ResourceSandboxes},
		{Group: extensionsv1.GroupVersion.Group, Resource: extensionsv1.ResourceSandboxClaims},
		{Group: extensionsv1.GroupVersion.Group, Resource: extensionsv1.ResourceSandboxTemplates},
		{Group: extensionsv1.GroupVersion.Group, Resource: extensionsv1.ResourceSandboxWarmPools},
		{Group: corev1.GroupName, Resource: "pods"},
		{Group: corev1.GroupName, Resource: "services"},
		{Group: corev1.GroupName, Resource: "persistentvolumeclaims"},
		{Group: networkingv1.GroupName, Resource: "networkpolicies"},
	}
}
