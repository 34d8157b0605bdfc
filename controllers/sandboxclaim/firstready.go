package sandboxclaim

import (
	"context"
	"fmt"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// keepFirstReady writes on claim when it was first Ready, if its status says so and is about to say something else.
func (r *Reconciler) keepFirstReady(
	ctx context.Context, claim *extensionsv1.SandboxClaim, wanted extensionsv1.SandboxClaimStatus,
) error {
	stamp := rules.FirstReadyStamp(claim, wanted)
	if stamp == "" || r.DisableAnnotations {
		return nil
	}
	base := claim.DeepCopy()
	if claim.Annotations == nil {
		claim.Annotations = map[string]string{}
	}
	claim.Annotations[sandboxv1.AnnotationClaimFirstReadyAt] = stamp
	if err := write.Patch(ctx, r.Client, claim, base); err != nil {
		return fmt.Errorf("noting when the claim was first Ready: %w", err)
	}
	return nil
}
