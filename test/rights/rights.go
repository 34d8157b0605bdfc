// Package rights checks what the manager's service account may do, and what it may not. It asks the API server, and reads the
// record of what the manager did.
package rights

import (
	"iter"
	"strings"
)

// right is a verb on a resource, and on one object of that name if there is one.
type right struct{ verb, group, resource, subresource, name string }

// String returns the right in the form of the lists below.
func (r right) String() string {
	text := r.verb + " " + r.resource
	if r.group != "" {
		text += "." + r.group
	}
	if r.subresource != "" {
		text += "/" + r.subresource
	}
	return strings.TrimSpace(text + " " + r.name)
}

// The lists have a line for each resource: "verb,verb resource.group/subresource name".

// These are the rights in a namespace of users.
const (
	allowed = `
		get,list,watch sandboxes.agents.x-k8s.io
		get,list,watch sandboxclaims.extensions.agents.x-k8s.io
		get,list,watch sandboxwarmpools.extensions.agents.x-k8s.io
		get,list,watch sandboxtemplates.extensions.agents.x-k8s.io
		get,list,watch,create,patch,delete pods
		get,list,watch,create,patch,delete services
		get,list,watch,create,patch,delete persistentvolumeclaims
		create podtemplates
		create,patch,delete sandboxes.agents.x-k8s.io
		patch,delete sandboxclaims.extensions.agents.x-k8s.io
		patch sandboxes.agents.x-k8s.io/status
		patch sandboxclaims.extensions.agents.x-k8s.io/status
		patch sandboxwarmpools.extensions.agents.x-k8s.io/status
		update sandboxes.agents.x-k8s.io/finalizers
		update sandboxclaims.extensions.agents.x-k8s.io/finalizers
		update sandboxwarmpools.extensions.agents.x-k8s.io/finalizers
		get,list,watch validatingwebhookconfigurations.admissionregistration.k8s.io namesake
		get,list,watch mutatingwebhookconfigurations.admissionregistration.k8s.io namesake
		create,patch,update events.events.k8s.io
		list,watch nodes
		get namespaces
		patch sandboxtemplates.extensions.agents.x-k8s.io
		update sandboxtemplates.extensions.agents.x-k8s.io/finalizers
		get,list,watch,create,patch,delete networkpolicies.networking.k8s.io`
	refused = `
		get,list,watch,create,update,patch,delete secrets
		get,list,watch,create,update,patch,delete configmaps
		get,list,create,update,patch,delete serviceaccounts
		create serviceaccounts/token
		update,deletecollection persistentvolumeclaims
		update,patch persistentvolumeclaims/status
		get,list,watch,update,patch,delete podtemplates
		update,deletecollection services
		update,patch services/status
		get,create,update,patch,delete nodes
		update,patch nodes/status
		list,watch,create,update,patch,delete namespaces
		update,patch namespaces/status
		update,deletecollection pods
		create pods/exec
		create pods/attach
		create pods/binding
		create pods/eviction
		update,patch pods/status
		update,patch pods/ephemeralcontainers
		update,deletecollection sandboxes.agents.x-k8s.io
		create,update,deletecollection sandboxclaims.extensions.agents.x-k8s.io
		create,update,patch,delete,deletecollection sandboxwarmpools.extensions.agents.x-k8s.io
		create,update,delete,deletecollection sandboxtemplates.extensions.agents.x-k8s.io
		update,patch sandboxwarmpools.extensions.agents.x-k8s.io/scale
		update,deletecollection networkpolicies.networking.k8s.io
		create,update,patch,bind,escalate clusterroles.rbac.authorization.k8s.io
		create,update,patch,delete clusterrolebindings.rbac.authorization.k8s.io
		create,update,patch,bind,escalate roles.rbac.authorization.k8s.io
		create,update,patch,delete rolebindings.rbac.authorization.k8s.io
		impersonate users
		impersonate groups
		impersonate serviceaccounts
		get,list,watch,create,update,patch,delete validatingwebhookconfigurations.admissionregistration.k8s.io
		get,list,watch,create,update,patch,delete mutatingwebhookconfigurations.admissionregistration.k8s.io
		create,update,patch,delete validatingwebhookconfigurations.admissionregistration.k8s.io namesake
		create,update,patch,delete mutatingwebhookconfigurations.admissionregistration.k8s.io namesake
		create,update,patch,delete customresourcedefinitions.apiextensions.k8s.io
		create,update,patch,delete deployments.apps
		get certificates.cert-manager.io
		get,create,update leases.coordination.k8s.io
		create,patch events`
)

// In its own namespace the manager holds the lease by which replicas elect a leader, and reports what its certificate waits for.
const (
	allowedAtHome = `
		get,create,update leases.coordination.k8s.io
		create,patch events
		get certificates.cert-manager.io`
	refusedAtHome = `
		list,watch,patch,delete leases.coordination.k8s.io
		list,watch,create,update,patch,delete certificates.cert-manager.io
		get,list,watch secrets
		update,patch serviceaccounts
		create serviceaccounts/token
		update,patch deployments.apps`
)

// in iterates over the rights in a list.
func in(list string) iter.Seq[right] {
	return func(yield func(right) bool) {
		for line := range strings.Lines(strings.TrimSpace(list)) {
			words := append(strings.Fields(line), "") // This is the name if the line has none.
			resource, subresource, _ := strings.Cut(words[1], "/")
			resource, group, _ := strings.Cut(resource, ".")
			for verb := range strings.SplitSeq(words[0], ",") {
				if !yield(right{verb, group, resource, subresource, words[2]}) {
					return
				}
			}
		}
	}
}
