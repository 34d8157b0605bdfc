package rules_test

import (
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

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
