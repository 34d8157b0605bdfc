package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestIsRefusal(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	answered := func(code int32, message string) error {
		return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Message: message}}
	}
	// denied returns the error for a webhook's answer with that code.
	denied := func(code int32) error { return answered(code, `admission webhook "policy" denied the request: no`) }
	const ours = `admission webhook "sandbox.validate.namesake.agents.x-k8s.io" denied the request: `
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
		"a webhook's 408":                {denied(408), true},
		"a webhook's 429":                {denied(429), true},
		"a webhook's 500":                {denied(500), true},
		"a webhook's 503":                {denied(503), true},
		"a webhook that is down":         {apierrors.NewInternalError(errors.New(`failed calling webhook "policy": it denied the request`)), false},
		"a webhook without explanation":  {answered(500, `admission webhook "policy" denied the request without explanation`), true},
		"a webhook that is there":        {answered(409, `admission webhook "policy" denied the request: AlreadyExists`), true},
		"words like a webhook's":         {answered(500, `the admission webhook "policy" denied the request`), false},
		"half of a webhook's words":      {answered(500, `admission webhook "policy" is slow`), false},
		"our webhook refuses":            {answered(403, ours+"no"), true},
		"our webhook cannot look it up":  {answered(500, ours+"reading the claim: lost"), false},
		"our webhook is busy":            {answered(429, ours+"busy"), false},
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

// A name is taken when the API server says so, and not when somebody's webhook uses its words.
func TestIsNameTaken(t *testing.T) {
	taken := apierrors.NewAlreadyExists(schema.GroupResource{Resource: "pods"}, "a")
	denied := &apierrors.StatusError{ErrStatus: *taken.ErrStatus.DeepCopy()}
	denied.ErrStatus.Message = `admission webhook "policy" denied the request: ` + denied.ErrStatus.Message
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":               {nil, false},
		"taken":                 {taken, true},
		"taken, wrapped":        {fmt.Errorf("creating: %w", taken), true},
		"a webhook's refusal":   {denied, false},
		"changed in the middle": {apierrors.NewConflict(schema.GroupResource{Resource: "pods"}, "a", errors.New("changed")), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.IsNameTaken(tc.err); got != tc.want {
				t.Errorf("IsNameTaken: %t", got)
			}
		})
	}
}

// A claim whose binding was removed says so, and is tried again as after a refusal.
func TestBindingRemoved(t *testing.T) {
	problem := rules.BindingRemovedError(builder.MakeClaim("mine").Obj(), "warm-aaaaa")
	if !rules.IsBindingRemoved(problem) || !rules.IsRefusal(problem.Cause) || problem.Reason != "ReconcilerError" {
		t.Errorf("%s: removed: %t, refused: %t", problem.Reason, rules.IsBindingRemoved(problem), rules.IsRefusal(problem.Cause))
	}
	for _, part := range []string{"agents.x-k8s.io/sandbox-name", `"warm-aaaaa"`, "webhook"} {
		if !strings.Contains(problem.Message, part) {
			t.Errorf("it says %s, and not %s", problem.Message, part)
		}
	}
	for name, err := range map[string]error{
		"nothing": nil, "another refusal": rules.RefusedError(errors.New("no")), "another error": errors.New("lost"),
	} {
		if rules.IsBindingRemoved(err) {
			t.Errorf("%s: it counts as removed", name)
		}
	}
}
