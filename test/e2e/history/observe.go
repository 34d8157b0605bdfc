package history

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Observe records the state of obj at a time. gone says that this is its last state before its deletion.
func (h *History) Observe(obj client.Object, gone bool, at time.Time) {
	switch obj := obj.(type) {
	case *sandboxv1.Sandbox:
		h.observeSandbox(obj, gone)
	case *extensionsv1.SandboxClaim:
		h.observeClaim(obj, gone, at)
	case *metav1.PartialObjectMetadata:
		h.observePod(obj, gone)
	}
}

func (h *History) observeSandbox(obj *sandboxv1.Sandbox, gone bool) {
	s := entry(h.Sandboxes, obj.UID)
	s.Latest, s.Gone = obj, gone
	s.Controllers = appendChange(s.Controllers, ownerOf(obj))
}

func (h *History) observeClaim(obj *extensionsv1.SandboxClaim, gone bool, at time.Time) {
	c := entry(h.Claims, obj.UID)
	c.Latest, c.Gone = obj, gone
	c.Bindings = appendGiven(c.Bindings, obj.Annotations[sandboxv1.AnnotationBinding])
	c.StatusUIDs = appendGiven(c.StatusUIDs, obj.Status.Sandbox.UID)
	c.PodUIDs = appendGiven(c.PodUIDs, obj.Status.Sandbox.PodUID)
	ready := meta.FindStatusCondition(obj.Status.Conditions, extensionsv1.ConditionReady)
	if ready != nil && ready.Reason != sandboxv1.ReasonPending {
		c.Reasons = appendChange(c.Reasons, ready.Reason)
	}
	if c.ReadyAt.IsZero() && c.Ready() {
		c.ReadyAt = at
	}
}

func (h *History) observePod(obj *metav1.PartialObjectMetadata, gone bool) {
	p := entry(h.Pods, obj.UID)
	p.Latest, p.Gone = obj, gone
	p.Controllers = appendChange(p.Controllers, ownerOf(obj))
	owner := ownerOf(obj)
	if owner.Kind != sandboxv1.KindSandbox || gone {
		return
	}
	for _, other := range h.Pods {
		if other != p && !other.Gone && ownerOf(other.Latest).UID == owner.UID {
			h.doubled[owner.UID] = fmt.Sprintf("Sandbox %q had Pods %q and %q at a time", owner.Name, other.Latest.Name, obj.Name)
		}
	}
}

func entry[E any](entries map[types.UID]*E, uid types.UID) *E {
	if entries[uid] == nil {
		entries[uid] = new(E)
	}
	return entries[uid]
}

// appendChange appends value unless it equals the last one.
func appendChange[V comparable](values []V, value V) []V {
	if len(values) > 0 && values[len(values)-1] == value {
		return values
	}
	return append(values, value)
}

// appendGiven appends value unless it is empty or equals the last one.
func appendGiven[V comparable](values []V, value V) []V {
	var empty V
	if value == empty {
		return values
	}
	return appendChange(values, value)
}
