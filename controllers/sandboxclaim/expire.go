package sandboxclaim

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// expire ends claim, whose time is up. It first writes that to the status, on the version of the claim that it was decided
// on, and acts only then. A claim that got more time in between no longer has that version. A claim that is to be deleted is
// deleted even if its status cannot be written. A claim that is to be retained is not ended before its status says so,
// because with more time it gets another Sandbox.
func (r *Reconciler) expire(ctx context.Context, claim *extensionsv1.SandboxClaim) (time.Duration, *rules.ConditionError, error) {
	if older := claim.Status.Sandbox.Name; older != "" && rules.Binding(claim) != older {
		err := r.bind(ctx, claim) // The status is about to lose a name that no annotation has.
		if rules.IsBindingRemoved(err) {
			*claim, err = *bindTo(claim, older), nil // It ends all the same.
		}
		if err != nil {
			return 0, nil, err
		}
	}
	sandbox, err := bound(ctx, r.Client, claim)
	if err != nil {
		return 0, nil, err
	}
	said := rules.IsReportedExpired(claim)
	policy := rules.ShutdownPolicy(claim)
	left, err := r.controlled(ctx, claim)
	if err != nil {
		return 0, nil, err
	}
	pending := policy != extensionsv1.ShutdownPolicyRetain || len(left) > 0
	status := func(refused error) extensionsv1.SandboxClaimStatus {
		return rules.WithRefusedDeletion(claim, rules.ExpiredStatus(claim, sandbox, r.Now()), refused, pending)
	}
	_, unsaid := r.writeStatus(ctx, claim, status(nil))
	if retry.IsStale(unsaid) || (unsaid != nil && policy == extensionsv1.ShutdownPolicyRetain) {
		return 0, nil, unsaid
	}
	if unsaid == nil && !said {
		r.Recorder.Eventf(claim, nil, corev1.EventTypeNormal, extensionsv1.ReasonClaimExpired, "Claim Expired", "Claim expired")
	}
	refused := r.end(ctx, claim)
	if unsaid == nil && rules.IsRefusal(refused) {
		_, again := r.writeStatus(ctx, claim, status(refused))
		unsaid = retry.IgnoreStale(again)
	}
	return 0, nil, errors.Join(refused, unsaid)
}

// end deletes claim, whose time is up, or its Sandboxes, as its policy says.
func (r *Reconciler) end(ctx context.Context, claim *extensionsv1.SandboxClaim) error {
	switch rules.ShutdownPolicy(claim) {
	case extensionsv1.ShutdownPolicyDelete:
		return r.delete(ctx, claim, metav1.DeletePropagationBackground)
	case extensionsv1.ShutdownPolicyDeleteForeground:
		return r.delete(ctx, claim, metav1.DeletePropagationForeground)
	default:
		return r.deleteSandboxes(ctx, claim)
	}
}

// delete deletes this version of claim, and with it its Sandbox.
func (r *Reconciler) delete(ctx context.Context, claim *extensionsv1.SandboxClaim, dependents metav1.DeletionPropagation) error {
	if err := write.DeleteVersion(ctx, r.Client, claim, client.PropagationPolicy(dependents)); err != nil {
		return fmt.Errorf("deleting claim %q, which has expired: %w", claim.Name, err)
	}
	r.Recorder.Eventf(claim, nil, corev1.EventTypeNormal, extensionsv1.ReasonClaimExpired, "Deleting",
		"Deleting Claim (ShutdownPolicy=%s)", rules.ShutdownPolicy(claim))
	return nil
}

// deleteSandboxes deletes the Sandboxes that claim controls, whatever their names, and whether or not the claim has shown
// them. It lists them first and then reads the claim live. If the claim got more time and another Sandbox, that Sandbox is
// not in the list. More time that comes after that read is too late, because it changes the claim alone, and no version of
// the Sandbox. A Sandbox that the cache does not show yet wakes the claim when the cache does.
func (r *Reconciler) deleteSandboxes(ctx context.Context, claim *extensionsv1.SandboxClaim) error {
	controlled, err := r.controlled(ctx, claim)
	if err != nil || len(controlled) == 0 {
		return err
	}
	now := &extensionsv1.SandboxClaim{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(claim), now); err != nil {
		return err
	}
	if now.UID != claim.UID || now.DeletionTimestamp != nil || !rules.IsClaimExpired(now, r.Now()) {
		return nil // If the claim still exists, its own change wakes it.
	}
	for _, sandbox := range controlled {
		if err := write.DeleteUID(ctx, r.Client, sandbox); retry.IgnoreStale(err) != nil {
			return fmt.Errorf("deleting Sandbox %q of claim %q, which has expired: %w", sandbox.Name, claim.Name, err)
		}
	}
	return nil
}

// controlled returns the Sandboxes that claim controls and that are not terminating, as far as the cache has them.
func (r *Reconciler) controlled(ctx context.Context, claim *extensionsv1.SandboxClaim) ([]*sandboxv1.Sandbox, error) {
	var list sandboxv1.SandboxList
	if err := r.Client.List(ctx, &list, client.InNamespace(claim.Namespace),
		client.MatchingFields{index.ClaimUID: string(claim.UID)}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the Sandboxes of claim %q: %w", claim.Name, err)
	}
	var found []*sandboxv1.Sandbox
	for i := range list.Items {
		if list.Items[i].DeletionTimestamp == nil {
			found = append(found, &list.Items[i])
		}
	}
	return found, nil
}
