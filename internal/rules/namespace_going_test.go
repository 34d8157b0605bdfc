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

// terminating is the API server's answer to a creation in a namespace that is being deleted.
func terminating() *apierrors.StatusError {
	err := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a",
		errors.New("unable to create new content in namespace mine because it is being terminated"))
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
		Type: "NamespaceTerminating", Message: "namespace mine is being terminated", Field: "metadata.namespace",
	})
	return err
}

func TestIsNamespaceGoing(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"no error":                        {nil, false},
		"being deleted":                   {terminating(), true},
		"being deleted, wrapped":          {fmt.Errorf("creating Pod: %w", terminating()), true},
		"gone":                            {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "mine"), true},
		"another object that is gone":     {apierrors.NewNotFound(pods, "a"), false},
		"a kind of that name of others":   {apierrors.NewNotFound(schema.GroupResource{Group: "a.com", Resource: "namespaces"}, "mine"), false},
		"a quota":                         {apierrors.NewForbidden(pods, "a", errors.New("exceeded quota")), false},
		"a policy that speaks of the end": {apierrors.NewForbidden(pods, "a", errors.New("namespace mine is being terminated")), false},
		"a webhook's not found": {&apierrors.StatusError{ErrStatus: metav1.Status{
			Code: 404, Reason: metav1.StatusReasonNotFound, Details: &metav1.StatusDetails{Kind: "namespaces"},
			Message: `admission webhook "policy" denied the request: no`,
		}}, false},
		"no answer": {errors.New("connection refused"), false},
	} {
		if got := rules.IsNamespaceGoing(tc.err); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
		if tc.want && (rules.IsRefusal(tc.err) || rules.PoolRefusedError("pool-aaaaa", tc.err) != nil) {
			t.Errorf("%s: it counts as a refusal", name)
		}
	}
}
