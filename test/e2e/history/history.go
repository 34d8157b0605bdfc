// Package history records all states of Sandboxes, claims and Pods without gaps. A test can thus check what must never have
// happened, and not only what is true in the end.
package history

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// History holds everything that was ever seen, by UID. A deleted object stays in it.
type History struct {
	Sandboxes map[types.UID]*Sandbox
	Claims    map[types.UID]*Claim
	Pods      map[types.UID]*Pod

	// doubled holds Sandboxes, by UID, that had two Pods at a time.
	doubled map[types.UID]string
}

// Owner is a controller of an object. The zero value is no controller.
type Owner struct {
	Kind, Name string
	UID        types.UID
}

// Sandbox holds what was seen of a Sandbox.
type Sandbox struct {
	Latest *sandboxv1.Sandbox
	Gone   bool
	// Controllers are the controllers that it had, in order of time.
	Controllers []Owner
}

// Claim holds what was seen of a claim.
type Claim struct {
	Latest *extensionsv1.SandboxClaim
	Gone   bool
	// Bindings are the names that its binding had. StatusUIDs and PodUIDs are the UIDs of Sandboxes and Pods in its status.
	// Reasons are those of its Ready condition. Each is in order of time.
	Bindings   []string
	StatusUIDs []types.UID
	PodUIDs    []types.UID
	Reasons    []string
	// ReadyAt is when it was first seen Ready.
	ReadyAt time.Time
}

// Pod holds what was seen of a Pod.
type Pod struct {
	Latest *metav1.PartialObjectMetadata // Metadata is enough, and a watch of whole Pods would be slow.
	Gone   bool
	// Controllers are the controllers that it had, in order of time.
	Controllers []Owner
}

// New returns an empty History.
func New() *History {
	return &History{
		Sandboxes: map[types.UID]*Sandbox{}, Claims: map[types.UID]*Claim{}, Pods: map[types.UID]*Pod{},
		doubled: map[types.UID]string{},
	}
}

// Warm reports whether a pool was the Sandbox's first controller.
func (s *Sandbox) Warm() bool {
	return s.Controllers[0].Kind == extensionsv1.KindSandboxWarmPool
}

// Controller returns the current controller of the Sandbox, or its last one.
func (s *Sandbox) Controller() Owner {
	return s.Controllers[len(s.Controllers)-1]
}

// Reason returns the reason of the claim's Ready condition, or "".
func (c *Claim) Reason() string {
	if len(c.Reasons) == 0 {
		return ""
	}
	return c.Reasons[len(c.Reasons)-1]
}

// Ready says whether the claim is Ready.
func (c *Claim) Ready() bool {
	return isTrue(c.Latest.Status.Conditions, extensionsv1.ConditionReady)
}

// Ready says whether the Sandbox is Ready.
func (s *Sandbox) Ready() bool {
	return isTrue(s.Latest.Status.Conditions, sandboxv1.ConditionReady)
}

func isTrue(conditions []metav1.Condition, kind string) bool {
	for i := range conditions {
		if conditions[i].Type == kind {
			return conditions[i].Status == metav1.ConditionTrue
		}
	}
	return false
}

func ownerOf(obj metav1.Object) Owner {
	ref := metav1.GetControllerOfNoCopy(obj)
	if ref == nil {
		return Owner{}
	}
	return Owner{Kind: ref.Kind, Name: ref.Name, UID: ref.UID}
}
