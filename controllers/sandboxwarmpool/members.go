package sandboxwarmpool

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// parallel is how many Sandboxes a pool creates or deletes at a time. So it bounds how many requests are in vain when the
// first is refused.
const parallel = 16

// confirmMissing returns how many of the n Sandboxes that pool is to get are missing on the API server, too. The cache may
// not show yet what another process created before this one began to lead. Once this process has created Sandboxes for the
// pool, its reads wait for these, and so for all that came before. An unreadable member is never in the cache, and counts.
func (r *Reconciler) confirmMissing(ctx context.Context, pool *extensionsv1.SandboxWarmPool, n int) (int, error) {
	if n == 0 || r.states.hasCreated(pool.UID) && !r.Unreadable.Any(sandboxv1.KindSandbox, pool.Namespace) {
		return n, nil
	}
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(sandboxv1.GroupVersion.WithKind(sandboxv1.KindSandbox + "List"))
	if err := r.Live.List(ctx, list, client.InNamespace(pool.Namespace),
		client.MatchingLabels{sandboxv1.LabelWarmPool: rules.Hash(pool.Name)}); err != nil {
		return 0, fmt.Errorf("counting the members: %w", err)
	}
	members := 0
	for i := range list.Items {
		if rules.ControlledBy(&list.Items[i], pool) {
			members++
		}
	}
	return min(n, max(0, rules.Replicas(pool)-members)), nil
}

// create adds n Sandboxes to the pool, or fewer, because it leaves a name that is taken to the next reconcile. It returns a
// refusal by the API server as a problem, for the pool's status.
func (r *Reconciler) create(
	ctx context.Context, pool *extensionsv1.SandboxWarmPool, snapshot *rules.TemplateSnapshot, n int,
) (problem *rules.ConditionError, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for range n {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil // Another one was refused, and this one would be, too.
			}
			return r.createOne(ctx, rules.NewPoolSandbox(pool, snapshot, rand.String(rules.SuffixLength)))
		})
	}
	if err = group.Wait(); errors.As(err, &problem) {
		return problem, nil
	}
	return nil, err
}

func (r *Reconciler) createOne(ctx context.Context, sandbox *sandboxv1.Sandbox) error {
	if r.Settings.Evictable {
		sandbox = rules.Evictable(sandbox)
	}
	name := sandbox.Name
	err := client.IgnoreAlreadyExists(r.Client.Create(ctx, sandbox))
	if problem := rules.PoolRefusedError(name, err); problem != nil {
		return problem
	}
	if err != nil {
		return fmt.Errorf("creating a Sandbox: %w", err)
	}
	return nil
}

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
			return nil
		})
	}
	return group.Wait()
}
