package rights

import (
	"context"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// patience is how long the API server may take to learn of newly installed roles.
const patience = 10 * time.Second

// Check asks the API server, as the administrator, whether the service account may do what the manager does, in a namespace of
// users and in its own, and nothing else that is listed here.
func Check(t *testing.T, admin client.Client, account types.NamespacedName, users string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// The allowed rights come first: after them the API server knows every role, and its refusals are final.
	for _, c := range []struct {
		namespace, list string
		want            bool
	}{
		{users, allowed, true}, {account.Namespace, allowedAtHome, true},
		{users, refused, false}, {account.Namespace, refusedAtHome, false},
	} {
		for right := range in(c.list) {
			got := !c.want
			err := wait.PollUntilContextCancel(ctx, 10*time.Millisecond, true, func(context.Context) (bool, error) {
				var err error
				got, err = may(t.Context(), admin, account, c.namespace, right)
				return !c.want || got, err
			})
			if err != nil && ctx.Err() == nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("%s in namespace %s: service account %s may: %t, want %t", right, c.namespace, account, got, c.want)
			}
		}
	}
}

// may reports whether the service account has a right in a namespace.
func may(ctx context.Context, admin client.Client, account types.NamespacedName, namespace string, r right) (bool, error) {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:   "system:serviceaccount:" + account.Namespace + ":" + account.Name,
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + account.Namespace, "system:authenticated"},
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: r.verb, Group: r.group, Resource: r.resource, Subresource: r.subresource, Name: r.name,
		},
	}}
	err := admin.Create(ctx, review)
	return review.Status.Allowed, err
}
