// Package sandboxwarmpool keeps each pool at the number of warm Sandboxes that it asks for. It creates Sandboxes, never Pods.
package sandboxwarmpool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/controllers/internal/write"
)

// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxwarmpools,verbs=get;list;watch
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxwarmpools/status,verbs=patch
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxwarmpools/finalizers,verbs=update
// +kubebuilder:rbac:groups=extensions.agents.x-k8s.io,resources=sandboxtemplates,verbs=get;list;watch
// +kubebuilder:rbac:groups=agents.x-k8s.io,resources=sandboxes,verbs=get;list;watch;create;delete
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch;update

// parallel is how many Sandboxes a pool creates or deletes at a time, and so how many requests at the most are in vain
// when the first is refused.
const parallel = 16

// batch is how many Sandboxes a pool creates in a pass. Then it looks again whether it still wants more, and others get
// their turn.
const batch = 128

// again is when to look again after a pass that has more to do, or that was decided on an old view.
const again = 20 * time.Millisecond

// Reconciler creates and deletes the Sandboxes of a pool.
type Reconciler struct {
	// Client reads its own writes: after a pass, the next one sees what that pass created, so that a cache that is behind
	// creates nothing twice.
	Client   client.Client
	Recorder recorder.EventRecorder
	Now      func() time.Time
}

// Reconcile makes one pass over pool and its members.
func (r *Reconciler) Reconcile(ctx context.Context, pool *extensionsv1.SandboxWarmPool) (reconcile.Result, error) {
	if pool.DeletionTimestamp != nil {
		return reconcile.Result{}, nil // The garbage collector deletes the members.
	}
	template, err := r.template(ctx, pool)
	if err != nil {
		return reconcile.Result{}, err
	}
	members, err := r.members(ctx, pool)
	if err != nil {
		return reconcile.Result{}, err
	}
	plan := rules.PlanPool(pool, template, members)
	created := r.create(ctx, pool, template, min(plan.Create, batch))
	deleted := r.delete(ctx, plan.Delete)
	stale := r.writeStatus(ctx, pool, plan, template != nil)
	err = errors.Join(created, write.IgnoreWeather(deleted), write.IgnoreWeather(stale))
	if err == nil && (plan.Create > batch || deleted != nil || stale != nil) {
		return reconcile.Result{RequeueAfter: again}, nil
	}
	return reconcile.Result{}, err
}

// template returns the pool's SandboxTemplate, or nil where it does not exist.
func (r *Reconciler) template(ctx context.Context, pool *extensionsv1.SandboxWarmPool) (*extensionsv1.SandboxTemplate, error) {
	template := &extensionsv1.SandboxTemplate{}
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: pool.Namespace, Name: pool.Spec.SandboxTemplateRef.Name}, template)
	if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading the template: %w", err)
	}
	if err != nil {
		return nil, nil
	}
	return template, nil
}

// members returns the Sandboxes that pool controls, out of the cache and not to be changed.
func (r *Reconciler) members(ctx context.Context, pool *extensionsv1.SandboxWarmPool) ([]*sandboxv1.Sandbox, error) {
	var list sandboxv1.SandboxList
	if err := r.Client.List(ctx, &list, client.InNamespace(pool.Namespace),
		client.MatchingFields{index.PoolUID: string(pool.UID)}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the members: %w", err)
	}
	members := make([]*sandboxv1.Sandbox, len(list.Items))
	for i := range list.Items {
		members[i] = &list.Items[i]
	}
	return members, nil
}

// create adds n Sandboxes to the pool, or fewer: a name that is taken is left to the next pass.
func (r *Reconciler) create(ctx context.Context, pool *extensionsv1.SandboxWarmPool, template *extensionsv1.SandboxTemplate, n int) error {
	if n == 0 || template == nil {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for range n {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil // Another was refused, and this one would be.
			}
			err := r.Client.Create(ctx, rules.NewPoolSandbox(pool, template, rand.String(rules.SuffixLength)))
			return client.IgnoreAlreadyExists(err)
		})
	}
	err := group.Wait()
	if err != nil {
		r.Recorder.Eventf(pool, nil, corev1.EventTypeWarning, "SandboxRefused", "Create", "Creating a Sandbox failed: %v", err)
		return fmt.Errorf("creating a Sandbox: %w", err)
	}
	return nil
}

// delete removes members that are too many. One that changed since it was listed may have been adopted, and stays: then
// the error is weather.
func (r *Reconciler) delete(ctx context.Context, members []*sandboxv1.Sandbox) error {
	var group errgroup.Group
	group.SetLimit(parallel)
	for _, member := range members {
		group.Go(func() error {
			if err := write.DeleteUnchanged(ctx, r.Client, member); err != nil {
				return fmt.Errorf("deleting Sandbox %q: %w", member.Name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func (r *Reconciler) writeStatus(ctx context.Context, pool *extensionsv1.SandboxWarmPool, plan rules.PoolPlan, hasTemplate bool) error {
	status := rules.PoolStatus(pool, plan, hasTemplate, r.Now())
	if !rules.PoolStatusMoved(pool, status) {
		return nil
	}
	base := pool.DeepCopy()
	pool = pool.DeepCopy()
	pool.Status = status
	return write.Status(ctx, r.Client, pool, base)
}
