package rules_test

import (
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

func TestIsRefusal(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	// denied returns the error for a webhook's answer with that code.
	denied := func(code int32) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Message: `admission webhook "policy" denied the request: no`}}
	}
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":                        {nil, false},
		"a quota":                        {apierrors.NewForbidden(pods, "a", errors.New("exceeded quota")), true},
		"a quota, wrapped":               {fmt.Errorf("creating: %w", apierrors.NewForbidden(pods, "a", errors.New("exceeded quota"))), true},
		"not valid":                      {apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "a", nil), true},
		"not to be read":                 {apierrors.NewBadRequest("no"), true},
		"not who it should be":           {apierrors.NewUnauthorized("no"), true},
		"too large":                      {apierrors.NewRequestEntityTooLargeError("no"), true},
		"a webhook without a code":       {denied(400), true},
		"a webhook's 403":                {denied(403), true},
		"a webhook's 404":                {denied(404), true},
		"a webhook's 409":                {denied(409), true},
		"a webhook's 418":                {denied(418), true},
		"a webhook's 422":                {denied(422), true},
		"a webhook that has no time":     {denied(429), false},
		"a webhook's own failure":        {denied(500), false},
		"gone":                           {apierrors.NewNotFound(pods, "a"), false},
		"changed":                        {apierrors.NewConflict(pods, "a", errors.New("changed")), false},
		"there already":                  {apierrors.NewAlreadyExists(pods, "a"), false},
		"no time":                        {apierrors.NewTimeoutError("later", 1), false},
		"no time for the client":         {apierrors.NewGenericServerResponse(408, "post", pods, "a", "", 0, false), false},
		"too many requests":              {apierrors.NewTooManyRequests("later", 1), false},
		"an error within the API server": {apierrors.NewInternalError(errors.New("oops")), false},
		"no answer":                      {errors.New("connection refused"), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.IsRefusal(tc.err); got != tc.want {
				t.Errorf("IsRefusal: %t", got)
			}
		})
	}
}

// Only validation says that an object can never be. Its answer is that of NewInvalid. A policy's is that of NewForbidden, with
// another reason and a cause; a webhook gives any answer, after the API server's own words.
func TestIsInvalidObject(t *testing.T) {
	pod := schema.GroupKind{Kind: "Pod"}
	invalid := func(kind schema.GroupKind, errs ...*field.Error) *apierrors.StatusError {
		return apierrors.NewInvalid(kind, "a", errs)
	}
	required := field.Required(field.NewPath("spec", "containers"), "")
	policy := func(reason metav1.StatusReason) *apierrors.StatusError {
		const message = "ValidatingAdmissionPolicy 'owners' with binding 'owners' denied request: no owner"
		err := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a", errors.New(message))
		err.ErrStatus.Reason, err.ErrStatus.Code = reason, 422
		err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{Message: message})
		return err
	}
	webhook := invalid(pod, required)
	webhook.ErrStatus.Message = `admission webhook "policy" denied the request: ` + webhook.ErrStatus.Message
	bare := invalid(pod, required)
	bare.ErrStatus.Details = nil
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"validation":                            {invalid(pod, required), true},
		"validation, wrapped":                   {fmt.Errorf("trying: %w", invalid(pod, required)), true},
		"validation of two fields":              {invalid(pod, required, field.Duplicate(field.NewPath("spec"), "x")), true},
		"validation of another kind":            {invalid(schema.GroupKind{Group: "networking.k8s.io", Kind: "NetworkPolicy"}, required), true},
		"a policy":                              {policy(metav1.StatusReasonInvalid), false},
		"a policy with another reason":          {policy(metav1.StatusReasonForbidden), false},
		"a webhook that answers as validation":  {webhook, false},
		"without a cause":                       {invalid(pod), false},
		"without details":                       {bare, false},
		"a quota":                               {apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a", errors.New("exceeded quota")), false},
		"a patch that does not fit":             {apierrors.NewGenericServerResponse(422, "", schema.GroupResource{}, "", "", 0, false), false},
		"nothing":                               {nil, false},
		"no answer":                             {errors.New("connection refused"), false},
		"a webhook that cannot be called (500)": {apierrors.NewInternalError(errors.New(`failed calling webhook "policy"`)), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.IsInvalidObject(tc.err); got != tc.want {
				t.Errorf("IsInvalidObject: %t", got)
			}
		})
	}
}
