package webhooks

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// servedReader reads everything except what is in namespaces that the manager leaves out. Whatever needs a look there is refused
// with the reason. What shows by itself whether it is allowed is judged as everywhere, so that such a namespace can be emptied.
type servedReader struct {
	client.Reader

	leftOut []string
}

// Get implements client.Reader.
func (r servedReader) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if err := r.check(key.Namespace); err != nil {
		return err
	}
	return r.Reader.Get(ctx, key, obj, opts...)
}

// List implements client.Reader.
func (r servedReader) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if err := r.check((&client.ListOptions{}).ApplyOptions(opts).Namespace); err != nil {
		return err
	}
	return r.Reader.List(ctx, list, opts...)
}

func (r servedReader) check(namespace string) error {
	if !slices.Contains(r.leftOut, namespace) {
		return nil
	}
	return &refusal{origin: rules.RuleNotServed, StatusError: &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden,
		Message: fmt.Sprintf("namespace %q is not served: Namesake's manager has no rights in it, since its RoleBinding there is gone or changed: "+
			"ask the administrator of the cluster to bring it back, and to restart the manager", namespace),
	}}}
}
