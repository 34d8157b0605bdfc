package webhooks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestRespond(t *testing.T) {
	pod := builder.MakePod("runner-2").Obj()
	wrong := field.ErrorList{
		field.Invalid(field.NewPath("metadata", "name"), "runner-2", "use another"), field.Required(field.NewPath("spec"), ""),
	}
	details := func(causes ...metav1.StatusCause) *metav1.StatusDetails {
		return &metav1.StatusDetails{Name: "runner-2", Kind: "Pod", Causes: causes}
	}
	for name, tc := range map[string]struct {
		err  error
		want *metav1.Status
	}{
		"what is invalid, a cause for each field": {podKind.invalid(pod, wrong), &metav1.Status{
			Status: "Failure", Code: 422, Reason: "Invalid",
			Message: `Pod "runner-2" is invalid: [metadata.name: Invalid value: "runner-2": use another, spec: Required value]`,
			Details: details(
				metav1.StatusCause{Type: "FieldValueInvalid", Message: `Invalid value: "runner-2": use another`, Field: "metadata.name"},
				metav1.StatusCause{Type: "FieldValueRequired", Message: "Required value", Field: "spec"},
			),
		}},
		"who may not": {podKind.forbidden(pod, wrong[:1]), &metav1.Status{
			Status: "Failure", Code: 403, Reason: "Forbidden",
			Message: `pods "runner-2" is forbidden: metadata.name: Invalid value: "runner-2": use another`,
			Details: &metav1.StatusDetails{Name: "runner-2", Kind: "pods"},
		}},
		"a kind of a group": {sandboxKind.forbidden(builder.MakeSandbox("a").Obj(), wrong[1:]), &metav1.Status{
			Status: "Failure", Code: 403, Reason: "Forbidden",
			Message: `sandboxes.agents.x-k8s.io "a" is forbidden: spec: Required value`,
			Details: &metav1.StatusDetails{Name: "a", Group: "agents.x-k8s.io", Kind: "sandboxes"},
		}},
		"what the API server said, however wrapped": {fmt.Errorf("reading: %w", apierrors.NewServiceUnavailable("busy")), &metav1.Status{
			Status: "Failure", Code: 503, Reason: "ServiceUnavailable", Message: "busy",
		}},
		"the API server turned a read away": {fmt.Errorf("reading: %w", apierrors.NewGenericServerResponse(
			http.StatusTooManyRequests, "get", schema.GroupResource{Resource: "pods"}, "runner-2", "", 0, false)), &metav1.Status{
			Status: "Failure", Code: 429, Reason: "TooManyRequests",
			Message: "the server has received too many requests and has asked us to try again later (get pods runner-2)",
			Details: &metav1.StatusDetails{Name: "runner-2", Kind: "pods", RetryAfterSeconds: 1},
		}},
		"any other error": {errors.New("lost"), &metav1.Status{Code: 500, Message: "lost"}},
	} {
		t.Run(name, func(t *testing.T) {
			response := respond(t.Context(), tc.err)
			if response.Allowed {
				t.Error("it is allowed")
			}
			if diff := cmp.Diff(tc.want, response.Result); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
	for name, err := range map[string]error{"nothing": nil, "no field": podKind.invalid(pod, nil), "nobody": podKind.forbidden(pod, nil)} {
		if response := respond(t.Context(), err); !response.Allowed {
			t.Errorf("%s is wrong, and it is refused: %v", name, response.Result)
		}
	}
}

// TestCheckAnswersErrors checks that a failed look-up is not a refusal. The answer is a 500, which clients retry, or what
// the API server said.
func TestCheckAnswersErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"none":                     {nil, "allowed"},
		"a refusal":                {sandboxKind.invalid(builder.MakeSandbox("a").Obj(), field.ErrorList{field.Required(field.NewPath("spec"), "")}), "422 FieldValueRequired spec"},
		"that of a connection":     {errors.New("connection refused"), "500"},
		"a deadline":               {context.DeadlineExceeded, "500"},
		"what the API server said": {apierrors.NewTooManyRequests("later", 1), "429"},
	} {
		t.Run(name, func(t *testing.T) {
			handler := admission.WithValidator(scheme(t), check[*sandboxv1.Sandbox](
				func(context.Context, admission.Request, *sandboxv1.Sandbox, *sandboxv1.Sandbox) (admission.Warnings, error) {
					return admission.Warnings{"careful"}, tc.err
				}))
			response := handler.Handle(t.Context(), request(t, someUser, nil, builder.MakeSandbox("a").Obj()))
			if got := answer(response); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if diff := cmp.Diff([]string{"careful"}, response.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}
