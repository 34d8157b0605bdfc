package rules

import (
	"errors"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// webhookRefused begins the message of every refusal by a webhook. The API server writes it before the webhook's own words
// (ToStatusErr in k8s.io/apiserver/pkg/admission/plugin/webhook/errors).
const webhookRefused = "admission webhook "

// IsRefusal reports whether err is the API server's refusal of what was sent, by a policy, a quota or validation. A
// refusal is reported to users and retried with backoff. A missing object, a conflict, an object that exists already,
// a timeout, and a namespace that is being deleted are not refusals. A webhook of the cluster's own may give its refusal
// any code. Without a code, its refusal arrives as a 400.
func IsRefusal(err error) bool {
	var api apierrors.APIStatus
	if !errors.As(err, &api) || IsNamespaceGoing(err) {
		return false
	}
	status := api.Status()
	switch status.Code {
	case 408, 429: // Timeout, TooManyRequests
		return false
	case 404, 409: // NotFound, Conflict, AlreadyExists
		return strings.HasPrefix(status.Message, webhookRefused)
	}
	return status.Code >= 400 && status.Code < 500
}

// IsInvalidObject reports whether err says that the API server's own validation finds an object invalid. Such an object is never
// accepted, by no cluster of this version, unless the cluster's admission changed it before: see PodAsSent.
//
// The code and the reason do not tell. A ValidatingAdmissionPolicy refuses with the same ones if it says nothing else, and a
// webhook with whatever it likes. But validation gives each of its causes a type. The cause of a policy's refusal has none
// (the dispatcher in k8s.io/apiserver/pkg/admission/plugin/policy/validating). A webhook's refusal begins with webhookRefused.
func IsInvalidObject(err error) bool {
	var api apierrors.APIStatus
	var made *madeInvalidError
	if !errors.As(err, &api) || errors.As(err, &made) {
		return false
	}
	status := api.Status()
	if status.Reason != metav1.StatusReasonInvalid || strings.HasPrefix(status.Message, webhookRefused) || status.Details == nil {
		return false
	}
	causes := status.Details.Causes
	untyped := func(cause metav1.StatusCause) bool { return cause.Type == "" }
	return status.Details.Kind != "" && len(causes) > 0 && !slices.ContainsFunc(causes, untyped)
}
