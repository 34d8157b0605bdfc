package rules

import (
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// IsRefusal says whether err is the API server's word that it does not take what was sent, as a policy, a quota or validation
// has it: to be told to people, and to be tried again with backoff. What is not: that something is gone, has changed or is there
// already, and that there was no time. But a webhook of the cluster's own may give its refusal any code; without one it arrives
// as a 400.
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
