package sandboxclaim

import (
	"context"
	"fmt"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// ensureMetadata brings the pod metadata of sandbox, which claim controls, to what claim adds to it now. The Sandbox
// controller applies it to the Pod. ensureMetadata needs neither template nor pool, because the Sandbox records which
// metadata is its own.
func (r *Reconciler) ensureMetadata(
	ctx context.Context, claim *extensionsv1.SandboxClaim, sandbox *sandboxv1.Sandbox,
) (*sandboxv1.Sandbox, error) {
	if sandbox.DeletionTimestamp != nil {
		return sandbox, nil
	}
	wanted, problem := rules.WithClaimMetadata(sandbox, claim, r.LabelDomains)
	if problem != nil {
		return sandbox, problem
	}
	if wanted == sandbox {
		return sandbox, nil
	}
	if err := write.Patch(ctx, r.Client, wanted, sandbox); err != nil {
		return sandbox, fmt.Errorf("changing the pod metadata of Sandbox %q: %w", sandbox.Name, err)
	}
	return wanted, nil
}
