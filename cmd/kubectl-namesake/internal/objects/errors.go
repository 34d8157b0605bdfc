package objects

import (
	"errors"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// IsMissingKind reports whether a request failed since the cluster does not serve the kind: its CustomResourceDefinition is not
// installed. It is not so for an object that does not exist. The mapper says it where it knows the cluster as it is, and the API
// server's answer where the mapper's cache is older: a 404 without a Status of its own, to which client-go gives this cause.
func IsMissingKind(err error) bool {
	if meta.IsNoMatchError(err) {
		return true
	}
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	return slices.ContainsFunc(status.Status().Details.Causes, func(cause metav1.StatusCause) bool {
		return cause.Type == metav1.CauseTypeUnexpectedServerResponse
	})
}

// CannotSee says why a kind could not be read, if that is no failure: "" if it is one or err is nil. A cluster without that kind, or a
// user without that right, is no failure of a command that also looks at other things.
func CannotSee(err error) string {
	switch {
	case err == nil:
		return ""
	case IsMissingKind(err):
		return "the cluster does not serve this kind"
	case apierrors.IsForbidden(err):
		return "you may not read " + what(err)
	}
	return ""
}

// what names the resource that err is about.
func what(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil && status.Status().Details.Kind != "" {
		return status.Status().Details.Kind
	}
	return "it"
}
