package rules

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// IsNamespaceGoing reports whether err is the API server's answer to a creation in a namespace that is being deleted, or is gone.
// The first is a 403 whose cause is NamespaceTerminating, by the admission plugin NamespaceLifecycle of Kubernetes; the second is a
// 404 about the namespace. Neither is a refusal that a user could do anything about.
func IsNamespaceGoing(err error) bool {
	var api apierrors.APIStatus
	if errors.As(err, &api) && isDenial(api.Status()) {
		return false
	}
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return true
	}
	if !apierrors.IsNotFound(err) || !errors.As(err, &api) {
		return false
	}
	details := api.Status().Details
	return details != nil && details.Group == "" && details.Kind == "namespaces"
}
