package admission

import (
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// What the manager's service account may do, and what it may not: "verb resource.group/subresource", in a namespace of users.
func TestRightsOfTheManager(t *testing.T) {
	n := suite.New(t)
	for allowed, list := range map[bool]string{
		true: `
			get,list,watch sandboxes.agents.x-k8s.io
			get,list,watch sandboxclaims.extensions.agents.x-k8s.io
			get,list,watch sandboxwarmpools.extensions.agents.x-k8s.io
			get,list,watch sandboxtemplates.extensions.agents.x-k8s.io
			get,list,watch,create,patch pods
			create,patch,delete sandboxes.agents.x-k8s.io
			patch sandboxclaims.extensions.agents.x-k8s.io
			patch sandboxes.agents.x-k8s.io/status
			patch sandboxclaims.extensions.agents.x-k8s.io/status
			patch sandboxwarmpools.extensions.agents.x-k8s.io/status
			update sandboxes.agents.x-k8s.io/finalizers
			update sandboxclaims.extensions.agents.x-k8s.io/finalizers
			update sandboxwarmpools.extensions.agents.x-k8s.io/finalizers
			create,patch,update events.events.k8s.io
			create persistentvolumeclaims`,
		false: `
			get,list,watch,create,update,patch,delete secrets
			get,list,watch,create,update,patch,delete configmaps
			get,list,create,update,patch,delete serviceaccounts
			create serviceaccounts/token
			get,list,watch,update,patch,delete persistentvolumeclaims
			get,list,watch,update,patch,delete nodes
			get,list,create,update,patch,delete namespaces
			update,delete,deletecollection pods
			create pods/exec
			create pods/attach
			create pods/binding
			create pods/eviction
			update,patch pods/status
			update,patch pods/ephemeralcontainers
			update,deletecollection sandboxes.agents.x-k8s.io
			create,update,delete,deletecollection sandboxclaims.extensions.agents.x-k8s.io
			create,update,patch,delete,deletecollection sandboxwarmpools.extensions.agents.x-k8s.io
			create,update,patch,delete,deletecollection sandboxtemplates.extensions.agents.x-k8s.io
			update,patch sandboxwarmpools.extensions.agents.x-k8s.io/scale
			create,update,patch,bind,escalate clusterroles.rbac.authorization.k8s.io
			create,update,patch,delete clusterrolebindings.rbac.authorization.k8s.io
			create,update,patch,bind,escalate roles.rbac.authorization.k8s.io
			create,update,patch,delete rolebindings.rbac.authorization.k8s.io
			impersonate users
			impersonate groups
			impersonate serviceaccounts
			create,update,patch,delete validatingwebhookconfigurations.admissionregistration.k8s.io
			create,update,patch,delete mutatingwebhookconfigurations.admissionregistration.k8s.io
			create,update,patch,delete customresourcedefinitions.apiextensions.k8s.io
			create,update,patch,delete deployments.apps
			get,create,update leases.coordination.k8s.io
			create,patch events`,
	} {
		for line := range strings.Lines(strings.TrimSpace(list)) {
			verbs, resource, _ := strings.Cut(strings.TrimSpace(line), " ")
			for verb := range strings.SplitSeq(verbs, ",") {
				if got := may(t, n, n.Name, verb, resource); got != allowed {
					t.Errorf("%s %s: the manager may: %t, want %t", verb, resource, got, allowed)
				}
			}
		}
	}
}

// In its own namespace the manager holds the lease by which replicas elect a leader.
func TestRightsInTheManagersNamespace(t *testing.T) {
	n := suite.New(t)
	for right, want := range map[string]bool{
		"get leases.coordination.k8s.io": true, "create leases.coordination.k8s.io": true, "update leases.coordination.k8s.io": true,
		"delete leases.coordination.k8s.io": false, "create events": true, "patch events": true,
		"get secrets": false, "update serviceaccounts": false,
	} {
		verb, resource, _ := strings.Cut(right, " ")
		if got := may(t, n, "namesake-system", verb, resource); got != want {
			t.Errorf("%s: the manager may: %t, want %t", right, got, want)
		}
	}
}

// may asks the API server whether the manager, who asks, may do this.
func may(t *testing.T, n *suite.Namespace, namespace, verb, resource string) bool {
	t.Helper()
	resource, subresource, _ := strings.Cut(resource, "/")
	resource, group, _ := strings.Cut(resource, ".")
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: group, Resource: resource, Subresource: subresource,
		},
	}}
	if err := n.Controller.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}
