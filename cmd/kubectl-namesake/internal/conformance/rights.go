package conformance

import (
	"context"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// right is what the behaviours need to be allowed to do with a resource, in any namespace.
type right struct {
	group, resource string
	verbs           []string
}

var rights = []right{
	{"", "namespaces", []string{"create", "delete"}},
	{"", "pods", []string{"create", "list", "watch", "patch"}},
	{sandboxv1.GroupName, sandboxv1.ResourceSandboxes, []string{"create", "get", "list", "watch", "patch", "delete"}},
	{extensionsv1.GroupName, "sandboxtemplates", []string{"create"}},
	{extensionsv1.GroupName, "sandboxwarmpools", []string{"create", "list", "watch"}},
	{extensionsv1.GroupName, "sandboxclaims", []string{"create", "list", "watch", "delete"}},
}

// lackingRights returns what the user may not do of rights, such as "create, delete namespaces".
func lackingRights(ctx context.Context, cluster client.Client) ([]string, error) {
	var lacking []string
	for _, r := range rights {
		var verbs []string
		for _, verb := range r.verbs {
			review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
				ResourceAttributes: &authorizationv1.ResourceAttributes{Group: r.group, Resource: r.resource, Verb: verb},
			}}
			if err := cluster.Create(ctx, review); err != nil {
				return nil, fmt.Errorf("asking whether you may %s %s: %w", verb, r.resource, err)
			}
			if !review.Status.Allowed {
				verbs = append(verbs, verb)
			}
		}
		if len(verbs) > 0 {
			lacking = append(lacking, strings.Join(verbs, ", ")+" "+r.resource)
		}
	}
	return lacking, nil
}
