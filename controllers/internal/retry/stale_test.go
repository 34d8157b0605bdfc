package retry_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// answering is a client whose patches return err.
type answering struct {
	client.Client

	err error
}

func (a answering) Patch(context.Context, client.Object, client.Patch, ...client.PatchOption) error {
	return a.err
}

// denial is the error of a webhook's refusal that has this code and nothing else.
func denial(code int32) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Code: code, Message: `admission webhook "policy" denied the request: no`}}
}

func TestClassification(t *testing.T) {
	claim := builder.MakeClaim("c").Obj()
	misfits := apierrors.NewGenericServerResponse(http.StatusUnprocessableEntity, "", schema.GroupResource{}, "", "", 0, false)
	claims := schema.GroupResource{Resource: "sandboxclaims"}
	for name, tc := range map[string]struct {
		err             error
		outdated, stale bool
	}{
		"nothing":                            {nil, false, false},
		"a conflict":                         {apierrors.NewConflict(claims, "c", errors.New("changed")), true, true},
		"gone":                               {apierrors.NewNotFound(claims, "c"), true, true},
		"a patch that does not fit":          {write.JSONPatch(t.Context(), answering{err: misfits}, claim, nil), true, true},
		"a patch that does not fit, wrapped": {fmt.Errorf("adopting: %w", write.JSONPatch(t.Context(), answering{err: misfits}, claim, nil)), true, true},
		"the same of another write":          {misfits, true, false},
		"a patch that a webhook refuses":     {write.JSONPatch(t.Context(), answering{err: denial(http.StatusUnprocessableEntity)}, claim, nil), true, false},
		"a webhook's not found":              {denial(http.StatusNotFound), false, false},
		"a webhook's conflict":               {denial(http.StatusConflict), false, false},
		"not valid":                          {apierrors.NewInvalid(schema.GroupKind{Kind: "SandboxClaim"}, "c", nil), true, false},
		"a refusal":                          {apierrors.NewForbidden(claims, "c", errors.New("no")), false, false},
		"a name that is taken":               {apierrors.NewAlreadyExists(claims, "c"), false, false},
		"any other error":                    {errors.New("lost"), false, false},
		"a conflict, wrapped":                {errors.Join(errors.New("adopting"), apierrors.NewConflict(claims, "c", errors.New("changed"))), true, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := retry.IsOutdated(tc.err); got != tc.outdated {
				t.Errorf("IsOutdated: %t", got)
			}
			if got := retry.IsStale(tc.err); got != tc.stale {
				t.Errorf("IsStale: %t", got)
			}
			if got := retry.IgnoreStale(tc.err) == nil; got != (tc.stale || tc.err == nil) {
				t.Errorf("IgnoreStale leaves nothing: %t", got)
			}
		})
	}
}
