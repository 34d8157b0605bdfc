package rules

import (
	"errors"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The message of every refusal by a webhook begins with the first and contains the second. The API server writes them before the
// webhook's own words (ToStatusErr in k8s.io/apiserver/pkg/admission/plugin/webhook/errors). Of a webhook that it could not call it says
// "failed calling webhook".
const (
	webhookRefused   = "admission webhook "
	deniedTheRequest = " denied the request"
)

// ownWebhooks ends the names of Namesake's own webhooks.
const ownWebhooks = `.namesake.agents.x-k8s.io"`

// isDenial reports whether status is a refusal by a webhook. Whoever wrote the webhook decides its code. But where Namesake's own
// webhooks answer with a code of trouble, they refuse nothing: they are busy, or could not look something up.
func isDenial(status metav1.Status) bool {
	rest, begins := strings.CutPrefix(status.Message, webhookRefused)
	name, _, denied := strings.Cut(rest, deniedTheRequest)
	return begins && denied && (!isTrouble(status.Code) || !strings.HasSuffix(name, ownWebhooks))
}

// isTrouble reports whether code says that a request may succeed as it is: Timeout, TooManyRequests, or a failure of the server.
func isTrouble(code int32) bool { return code == 408 || code == 429 || code >= 500 }

// IsRefusal reports whether err is the API server's refusal of what was sent, by a policy, a quota or validation. A
// refusal is reported to users and retried with backoff. A missing object, a conflict, an object that exists already,
// a timeout, and a namespace that is being deleted are not refusals. A webhook of the cluster's own may give its refusal
// any code and reason, so its words are looked at first. Without a code, its refusal arrives as a 400.
func IsRefusal(err error) bool {
	var api apierrors.APIStatus
	if !errors.As(err, &api) || IsNamespaceGoing(err) {
		return false
	}
	status := api.Status()
	switch {
	case isDenial(status):
		return true
	case status.Code == 404, status.Code == 409, isTrouble(status.Code): // NotFound; Conflict, AlreadyExists
		return false
	}
	return status.Code >= 400
}

// IsNameTaken reports whether err is the API server's answer to a creation whose name is taken.
func IsNameTaken(err error) bool { return apierrors.IsAlreadyExists(err) && !IsRefusal(err) }

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
