package unreadable

import (
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// maxReason bounds the reason of an Error, in bytes. A decoder quotes values, and a value may be long.
const maxReason = 256

// Error says that an object is stored but cannot be read.
//
// It is an API status of code 422. So reconcilers report it and try again with backoff, as they do for a refusal, and
// webhooks answer with it.
type Error struct {
	// Object is the object's metadata and kind. The name is empty if not even the metadata can be read.
	Object metav1.PartialObjectMetadata
	// Reason says what cannot be read, in at most maxReason bytes.
	Reason string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %q is stored but cannot be read: %s; mend or delete it", e.Object.Kind, e.key(), e.Reason)
}

// Status implements apierrors.APIStatus.
func (e *Error) Status() metav1.Status {
	return metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnprocessableEntity, Reason: "Unreadable", Message: e.Error(),
		Details: &metav1.StatusDetails{Group: e.Object.GroupVersionKind().Group, Kind: e.Object.Kind, Name: e.Object.Name},
	}
}

func (e *Error) key() types.NamespacedName {
	return types.NamespacedName{Namespace: e.Object.Namespace, Name: e.Object.Name}
}

// reasonOf returns the text of err, cut to maxReason.
func reasonOf(err error) string {
	text := err.Error()
	if len(text) > maxReason {
		return text[:maxReason] + "..."
	}
	return text
}
