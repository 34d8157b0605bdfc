package rules

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// IsRefusal reports whether err is the API server's refusal of what was sent, by a policy, a quota or validation. A
// refusal is reported to users and retried with backoff. A missing object, a conflict, an object that exists already,
// and a timeout are not refusals. A webhook of the cluster's own may give its refusal any code. Without a code, its
// refusal arrives as a 400.
func IsRefusal(err error) bool {
	var api apierrors.APIStatus
	if !errors.As(err, &api) {
		return false
	}
	status := api.Status()
	switch status.Code {
	case 408, 429: // Timeout, TooManyRequests
		return false
	case 404, 409: // NotFound, Conflict, AlreadyExists
		return strings.HasPrefix(status.Message, "admission webhook ")
	}
	return status.Code >= 400 && status.Code < 500
}
