// Package violations writes what an audit has to find: each thing that should not be, by an administrator of a cluster on which no
// admission of Namesake's refuses it. It works with Namesake's CRDs and with agent-sandbox's.
package violations

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/audit"
)

// Violation is one thing that should not be, and how it is written.
type Violation struct {
	// Name is the name of a namespace's end, and says what it is.
	Name string
	// Check finds it, and reports it on Object, a kind and name.
	Check, Object string
	// Collected says that the garbage collector removes it, and Mended that Namesake's manager does, each within moments.
	Collected, Mended bool

	write func(*author)
}

// Write writes the violation in namespace, where nothing else of Namesake's may be.
func (v *Violation) Write(ctx context.Context, admin client.Client, namespace string) error {
	a := &author{ctx: ctx, admin: admin, namespace: namespace}
	v.write(a)
	if a.err != nil {
		return fmt.Errorf("writing %s: %w", v.Name, a.err)
	}
	return nil
}

// author writes objects. It does nothing after an error.
type author struct {
	ctx       context.Context //nolint:containedctx // it lives for one violation.
	admin     client.Client
	namespace string
	err       error
}

// create creates obj, or reads it if it is there: a manager that runs may have been faster.
func (a *author) create(obj client.Object) {
	if a.err != nil {
		return
	}
	obj.SetNamespace(a.namespace)
	obj.SetUID("")
	if a.err = a.admin.Create(a.ctx, obj); apierrors.IsAlreadyExists(a.err) {
		a.err = a.admin.Get(a.ctx, client.ObjectKeyFromObject(obj), obj)
	}
}

// patch makes change to obj.
func (a *author) patch(obj client.Object, change func()) {
	if a.err != nil {
		return
	}
	base := obj.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a copy has the same type.
	change()
	a.err = a.admin.Patch(a.ctx, obj, client.MergeFrom(base))
}

// patchStatus is patch for the status.
func (a *author) patchStatus(obj client.Object, change func()) {
	if a.err != nil {
		return
	}
	base := obj.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a copy has the same type.
	change()
	a.err = a.admin.Status().Patch(a.ctx, obj, client.MergeFrom(base))
}

// All returns one violation for each check, and more where a check has several forms.
func All() []Violation {
	return []Violation{
		{Name: "two-pods", Check: audit.CheckTwoPods, Object: "Sandbox/box", write: twoPods},
		{Name: "pod-name", Check: audit.CheckPodName, Object: "Pod/twin", write: podName},
		{Name: "pod-uid", Check: audit.CheckPodUID, Object: "Pod/box", Mended: true, write: podUID},
		{Name: "planted", Check: audit.CheckPlantedLabels, Object: "Pod/thief", write: planted},
		{Name: "planted-claim", Check: audit.CheckPlantedLabels, Object: "Sandbox/box", write: plantedClaim},
		{Name: "two-sandboxes", Check: audit.CheckTwoSandboxes, Object: "SandboxClaim/mine", write: twoSandboxes},
		{Name: "shared-by-owner", Check: audit.CheckSharedSandbox, Object: "Sandbox/box", write: sharedByOwner},
		{Name: "shared-by-status", Check: audit.CheckSharedSandbox, Object: "Sandbox/mine", write: sharedByStatus},
		{Name: "two-holders", Check: audit.CheckTwoHolders, Object: "Sandbox/mine", write: twoHolders},
		{Name: "unbound", Check: audit.CheckUnboundSandbox, Object: "Sandbox/box", write: unbound},
		{Name: "binding-mismatch", Check: audit.CheckBindingMismatch, Object: "SandboxClaim/mine", Mended: true, write: bindingMismatch},
		{Name: "no-policy", Check: audit.CheckNoNetworkPolicy, Object: "Pod/box", write: noPolicy},

		{Name: "pod-owner-gone", Check: audit.CheckPodOwnerGone, Object: "Pod/box", Collected: true, write: podOwnerGone},
		{Name: "pod-of-earlier", Check: audit.CheckPodOwnerGone, Object: "Pod/box", Collected: true, write: podOfEarlier},
		{Name: "pod-orphan", Check: audit.CheckPodOrphan, Object: "Pod/left", write: podOrphan},
		{Name: "pod-second-owner", Check: audit.CheckPodSecondOwner, Object: "Pod/box", write: podSecondOwner},
		{Name: "pod-stale-labels", Check: audit.CheckPodStaleLabels, Object: "Pod/mine", Mended: true, write: podStaleLabels},
		{Name: "pod-before-policy", Check: audit.CheckPodBeforePolicy, Object: "Pod/box", write: podBeforePolicy},
		{Name: "sandbox-orphan", Check: audit.CheckSandboxOrphan, Object: "Sandbox/box", write: sandboxOrphan},
		{Name: "sandbox-owner-gone", Check: audit.CheckSandboxOwnerGone, Object: "Sandbox/box", Collected: true, write: sandboxOwnerGone},
		{Name: "template-mismatch", Check: audit.CheckTemplateMismatch, Object: "Sandbox/box", write: templateMismatch},
		{Name: "binding-lost", Check: audit.CheckBindingLost, Object: "SandboxClaim/mine", write: bindingLost},
		{Name: "record-lost", Check: audit.CheckRecordLost, Object: "SandboxClaim/mine", write: recordLost},
	}
}
