package sandboxwarmpool

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// delete deletes members. A member that changed since it was listed may have been adopted, and stays. The error is then
// stale (retry.IsStale).
func (r *Reconciler) delete(ctx context.Context, members []*sandboxv1.Sandbox) error {
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, member := range members {
		group.Go(func() error {
			if err := write.DeleteVersion(ctx, r.Client, member); err != nil {
				return fmt.Errorf("deleting Sandbox %q: %w", member.Name, err)
			}
			r.writes.deleted(rules.ControllerOf(member).UID, member.UID)
			return nil
		})
	}
	return group.Wait()
}
