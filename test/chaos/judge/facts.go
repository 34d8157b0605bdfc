// Package judge decides what must not have happened, out of what watches showed over time. It knows no rule of the product: it
// states the guarantees a second time, over the few facts that an outsider sees. It has no client and no clock.
package judge

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Kind is a kind of objects that the judge knows.
type Kind string

// These are the kinds, as their objects name them.
const (
	Sandbox   Kind = "Sandbox"
	Claim     Kind = "SandboxClaim"
	Pool      Kind = "SandboxWarmPool"
	Pod       Kind = "Pod"
	Service   Kind = "Service"
	Volume    Kind = "PersistentVolumeClaim"
	Namespace Kind = "Namespace"
)

// Kinds are all kinds, in the order in which a verdict reads them.
func Kinds() []Kind { return []Kind{Namespace, Pool, Claim, Sandbox, Pod, Service, Volume} }

// Owner is an owner of an object. The zero value is none.
type Owner struct {
	Kind Kind      `json:"kind,omitempty"`
	Name string    `json:"name,omitempty"`
	UID  types.UID `json:"uid,omitempty"`
}

// Facts are what the judge knows of one version of an object.
type Facts struct {
	Kind      Kind      `json:"kind"`
	Namespace string    `json:"namespace,omitempty"`
	Name      string    `json:"name"`
	UID       types.UID `json:"uid"`
	// Deleting says that the object has a deletionTimestamp.
	Deleting bool `json:"deleting,omitempty"`
	// Foreground says that the object is deleted in the foreground, and that nothing else keeps it: it goes when the garbage collector
	// takes that finalizer away.
	Foreground bool `json:"foreground,omitempty"`
	// Controller is the owner that controls the object, and Owners are all.
	Controller Owner   `json:"controller,omitzero"`
	Owners     []Owner `json:"owners,omitempty"`
	// Standalone says that a user made the Sandbox, and neither a pool nor a claim.
	Standalone bool `json:"standalone,omitempty"`
	// Binding, StatusName and StatusUID are a claim's: the Sandbox that its annotation names, and the one in its status.
	Binding    string    `json:"binding,omitempty"`
	StatusName string    `json:"statusName,omitempty"`
	StatusUID  types.UID `json:"statusUID,omitempty"`
	// Ready and Reason are the status and the reason of the condition Ready, of a claim or a Sandbox.
	Ready  string `json:"ready,omitempty"`
	Reason string `json:"reason,omitempty"`
	// ShutdownTime is when a claim or a Sandbox expires, and Kept says that the object itself outlives that.
	ShutdownTime time.Time `json:"shutdownTime,omitzero"`
	Kept         bool      `json:"kept,omitempty"`
	// Replicas and ReadyReplicas are a pool's: how many it is to have, and how many are Ready.
	Replicas      int32 `json:"replicas,omitempty"`
	ReadyReplicas int32 `json:"readyReplicas,omitempty"`
}

// Deed is what a user did, or was about to do: without it the judge could not tell a loss from a wish.
type Deed string

const (
	// Deletes is noted before the request: it may take effect although its answer is lost.
	Deletes Deed = "deletes"
	// Acknowledged is noted after the answer: from now on the object may not get lost.
	Acknowledged Deed = "acknowledged"
	// ClocksApart is noted before a manager's clock jumps, by half an hour at most: from then on, nobody knows when something
	// expires.
	ClocksApart Deed = "clocks apart"
	// Unguarded is noted before the webhooks are removed: until they are back, the product promises less.
	Unguarded Deed = "unguarded"
	// Guarded is noted after the webhooks are back.
	Guarded Deed = "guarded"
)

// Note is a deed and its object. A namespace is known by its name, every other object by its UID.
type Note struct {
	Deed      Deed      `json:"deed"`
	Kind      Kind      `json:"kind,omitempty"`
	Namespace string    `json:"namespace,omitempty"`
	Name      string    `json:"name,omitempty"`
	UID       types.UID `json:"uid,omitempty"`
	// ShutdownTime is when what was acknowledged goes by itself. The zero value is never.
	ShutdownTime time.Time `json:"shutdownTime,omitzero"`
}

// Violation is something that must not be.
type Violation struct {
	Rule    Rule      `json:"rule"`
	Subject string    `json:"subject"`
	Detail  string    `json:"detail"`
	At      time.Time `json:"at"`
}
