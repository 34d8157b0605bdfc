package webhooks

import (
	"context"
	"errors"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// kind is the kind that a webhook names when it refuses.
type kind struct {
	group, kind, resource string
}

// invalid refuses obj for what is wrong with it, in the API server's own form: a 422 with a cause for each field. It returns
// nil if nothing is wrong.
func (k kind) invalid(obj metav1.Object, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	first, rest := rules.FirstCauses(errs)
	err := apierrors.NewInvalid(schema.GroupKind{Group: k.group, Kind: k.kind}, obj.GetName(), first)
	err.ErrStatus.Message += rules.Rest(rest)
	return &refusal{err, errs[0].Origin}
}

// forbidden refuses obj for who asks, with a 403. It returns nil if nothing is wrong.
func (k kind) forbidden(obj metav1.Object, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	first, rest := rules.FirstCauses(errs)
	err := apierrors.NewForbidden(schema.GroupResource{Group: k.group, Resource: k.resource}, obj.GetName(), first.ToAggregate())
	err.ErrStatus.Message += rules.Rest(rest)
	return &refusal{err, errs[0].Origin}
}

// refusal is the error of a write that a rule refuses.
type refusal struct {
	*apierrors.StatusError

	origin string
}

// respond answers with err, or allows the request if err is nil.
func respond(ctx context.Context, err error) admission.Response {
	recordRule(ctx, err)
	if err == nil {
		return admission.Allowed("")
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	result := status.Status()
	if apierrors.IsTooManyRequests(err) {
		var details metav1.StatusDetails
		if result.Details != nil {
			details = *result.Details
		}
		details.RetryAfterSeconds = 1 // The API server passes it on, and client-go tries again.
		result.Details = &details
	}
	response := admission.Denied("")
	response.Result = &result
	return response
}
