// Package api is a small client of the API that a user of Sandboxes sees. It reads of each object only what a benchmark looks
// at, so that it takes little from what it measures.
package api

import "strings"

// Kind is a resource of the API: its path below a namespace, and its name in apiVersion and kind.
type Kind struct{ Prefix, Resource, Version, Kind string }

const (
	sandboxes  = "agents.x-k8s.io/v1beta1"
	extensions = "extensions.agents.x-k8s.io/v1beta1"
)

// The kinds that a benchmark uses.
var (
	ConfigMaps      = Kind{"/api/v1", "configmaps", "v1", "ConfigMap"}
	ServiceAccounts = Kind{"/api/v1", "serviceaccounts", "v1", "ServiceAccount"}
	Pods            = Kind{"/api/v1", "pods", "v1", "Pod"}
	Sandboxes       = Kind{"/apis/" + sandboxes, "sandboxes", sandboxes, "Sandbox"}
	Claims          = Kind{"/apis/" + extensions, "sandboxclaims", extensions, "SandboxClaim"}
	Pools           = Kind{"/apis/" + extensions, "sandboxwarmpools", extensions, "SandboxWarmPool"}
	Templates       = Kind{"/apis/" + extensions, "sandboxtemplates", extensions, "SandboxTemplate"}
)

// In returns the path of the kind in a namespace, and below it that of an object if name is given.
func (k Kind) In(namespace string, name ...string) string {
	return strings.Join(append([]string{k.Prefix, "namespaces", namespace, k.Resource}, name...), "/")
}

// LabelClaimUID is on the Pod of a claimed Sandbox: the claim's UID.
const LabelClaimUID = "agents.x-k8s.io/claim-uid"

// Object is what a benchmark reads of an object of any kind.
type Object struct {
	Metadata Metadata `json:"metadata"`
	Spec     Spec     `json:"spec"`
	Status   Status   `json:"status"`
}

// Metadata identifies an object.
type Metadata struct {
	Name              string            `json:"name"`
	Namespace         string            `json:"namespace"`
	UID               string            `json:"uid"`
	ResourceVersion   string            `json:"resourceVersion"`
	DeletionTimestamp string            `json:"deletionTimestamp"`
	Labels            map[string]string `json:"labels"`
	Annotations       map[string]string `json:"annotations"`
	OwnerReferences   []Owner           `json:"ownerReferences"`
}

// Owner is an owner reference.
type Owner struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	UID        string `json:"uid"`
	Controller bool   `json:"controller"`
}

// Spec is that of a pool. Other kinds have none of it.
type Spec struct {
	Replicas int `json:"replicas"`
}

// Status is that of a claim or a Sandbox.
type Status struct {
	Conditions []Condition `json:"conditions"`
	Sandbox    struct {
		Name string `json:"name"`
	} `json:"sandbox"`
}

// Condition is one of a status.
type Condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
	Reason string `json:"reason"`
}

// Ready says whether the condition Ready is true.
func (o *Object) Ready() bool {
	for _, condition := range o.Status.Conditions {
		if condition.Type == "Ready" {
			return condition.Status == "True"
		}
	}
	return false
}

// Controller returns the owner that controls the object, or an empty one.
func (o *Object) Controller() Owner {
	for _, owner := range o.Metadata.OwnerReferences {
		if owner.Controller {
			return owner
		}
	}
	return Owner{}
}
