package sandboxclaim

import (
	"context"
	"fmt"
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// recordFirstReady records a status that was just written, if it is the first that shows claim Ready. The annotation on the
// claim is left to the reconcile that this status triggers. So nobody who waits for the claim waits for the annotation.
func (r *Reconciler) recordFirstReady(before, claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox) {
	switch {
	case !rules.TurnedReady(before, claim):
	case r.DisableAnnotations:
		r.Metrics.ObserveStartup(rules.ClaimStartup(claim, sandbox, r.Now()))
	default:
		r.Metrics.FirstReady.Add(claim.UID, r.Now())
	}
}

// annotateFirstReady writes on claim when it was first Ready. It measures the startup if this manager wrote the first Ready
// status and now writes the annotation. It returns how long to leave the annotation to another manager that may know.
func (r *Reconciler) annotateFirstReady(
	ctx context.Context, claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox,
) (time.Duration, error) {
	if r.DisableAnnotations {
		return 0, nil
	}
	at := r.Metrics.FirstReady.Get(claim.UID)
	stamp, wait := rules.FirstReadyStamp(claim, at, r.Now())
	if stamp == "" {
		return wait, nil
	}
	base := claim.DeepCopy()
	if claim.Annotations == nil {
		claim.Annotations = map[string]string{}
	}
	claim.Annotations[sandboxv1.AnnotationClaimFirstReadyAt] = stamp
	if err := write.Patch(ctx, r.Client, claim, base); err != nil {
		return 0, fmt.Errorf("noting when the claim was first Ready: %w", err)
	}
	if !at.IsZero() {
		r.Metrics.FirstReady.Delete(claim.UID)
		r.Metrics.ObserveStartup(rules.ClaimStartup(claim, sandbox, at))
	}
	return 0, nil
}
