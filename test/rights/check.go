package rights

import (
	"context"
	"strings"
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
	// The allowed rights come first: after them the API server knows every role, and its refusals are final.
	check(t, admin, account, []expectation{
		{users, allowed, true}, {account.Namespace, allowedAtHome, true},
		{users, refused, false}, {account.Namespace, refusedAtHome, false},
	})
}

// CheckIn is Check for a manager that serves some namespaces, users among them. In its own, it may also ask for the Sandbox that
// admission has to refuse.
func CheckIn(t *testing.T, admin client.Client, account types.NamespacedName, users string) {
	t.Helper()
	check(t, admin, account, []expectation{
		{users, strings.ReplaceAll(allowed, " namesake\n", " namesake-"+account.Namespace+"\n"), true},
		{account.Namespace, allowedAtHome + "\n create sandboxes.agents.x-k8s.io", true},
		{users, refused, false}, {account.Namespace, refusedAtHome, false},
	})
}

// CheckNone fails unless the manager has no right in a namespace that it does not serve. CheckIn comes first.
func CheckNone(t *testing.T, admin client.Client, account types.NamespacedName, namespace string) {
	t.Helper()
	var local []string
	for line := range strings.Lines(allowed) {
		if !strings.Contains(line, "webhookconfigurations") && !strings.Contains(line, " nodes") {
			local = append(local, line)
		}
	}
	check(t, admin, account, []expectation{{namespace, strings.Join(local, ""), false}, {namespace, refused, false}})
}

// expectation is whether the rights in a list are granted in a namespace.
type expectation struct {
	namespace, list string
	want            bool
}

func check(t *testing.T, admin client.Client, account types.NamespacedName, expectations []expectation) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, c := range expectations {
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
