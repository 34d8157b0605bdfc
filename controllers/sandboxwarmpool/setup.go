package sandboxwarmpool

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// statusDelay is how long changes of members that only the pool's status shows are collected for one reconcile.
const statusDelay = 100 * time.Millisecond

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Setup adds the reconciler to mgr.
func (r *Reconciler) Setup(mgr manager.Manager, options controller.Options) error {
	lot := yield.NewLot(r.Traffic)
	retried := retry.Reconciler(yield.Reconciler(lot, r.Client, r, rules.PoolYield), &options)
	return builder.ControllerManagedBy(mgr).
		For(&extensionsv1.SandboxWarmPool{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&extensionsv1.SandboxWarmPool{}, handler.Funcs{
			UpdateFunc: poolChanged,
			DeleteFunc: func(_ context.Context, e event.DeleteEvent, _ queue) { r.forget(e.Object.GetUID()) },
		}).
		Watches(&sandboxv1.Sandbox{}, handler.Funcs{
			CreateFunc: r.memberCreated,
			UpdateFunc: r.memberChanged,
			DeleteFunc: func(_ context.Context, e event.DeleteEvent, q queue) { enqueuePool(q, e.Object, 0) },
		}).
		Watches(&corev1.Pod{}, handler.Funcs{CreateFunc: r.podCreated}).
		Watches(&extensionsv1.SandboxTemplate{}, handler.EnqueueRequestsFromMapFunc(r.poolsOf)).
		WatchesRawSource(source.Func(lot.Run)).
		WithOptions(options).
		Complete(retried)
}

// poolChanged wakes a pool, in a while, when its own status changed (see retry.NotReworded).
func poolChanged(_ context.Context, e event.UpdateEvent, q queue) {
	if !rules.IsReworded(e.ObjectOld, e.ObjectNew) {
		q.AddAfter(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(e.ObjectNew)}, statusDelay)
	}
}

// memberCreated wakes the pool soon.
func (r *Reconciler) memberCreated(_ context.Context, e event.CreateEvent, q queue) {
	if pool := rules.ControllerOf(e.Object); rules.IsPool(pool) {
		r.writes.observed(pool.UID, e.Object.GetName())
	}
	enqueuePool(q, e.Object, statusDelay)
}

// podCreated wakes the pool of a member whose Pod the API server has accepted: the pool may create more.
func (r *Reconciler) podCreated(ctx context.Context, e event.CreateEvent, q queue) {
	owner := rules.ControllerOf(e.Object)
	if e.IsInInitialList || !rules.IsSandbox(owner) {
		return
	}
	member := &sandboxv1.Sandbox{}
	if err := r.Client.Get(ctx, client.ObjectKey{Namespace: e.Object.GetNamespace(), Name: owner.Name}, member); err == nil {
		enqueuePool(q, member, statusDelay)
	}
}

// forget drops what is known of a pool that is gone.
func (r *Reconciler) forget(pool types.UID) {
	r.states.forget(pool)
	r.writes.forget(pool)
	r.refusals.lift(pool)
}

// memberChanged wakes the pool at once when a member leaves it, and after statusDelay when a member's status
// changes in what the pool decides on: its readiness, whether it has a Pod, and why it has none.
func (r *Reconciler) memberChanged(_ context.Context, e event.UpdateEvent, q queue) {
	before, after := e.ObjectOld.(*sandboxv1.Sandbox), e.ObjectNew.(*sandboxv1.Sandbox)
	switch pool := rules.ControllerOf(before); {
	case !rules.IsPool(pool):
	case !rules.IsPool(rules.ControllerOf(after)) || (before.DeletionTimestamp == nil && after.DeletionTimestamp != nil):
		if rules.IsReady(before) {
			r.MemberLeft(pool.UID, rules.ReadySince(before))
		}
		enqueuePool(q, before, 0)
	case rules.PoolMemberChanged(before, after):
		enqueuePool(q, before, statusDelay)
	}
}

// enqueuePool enqueues the pool that controls obj, if there is one, after the delay in.
func enqueuePool(q queue, obj client.Object, in time.Duration) {
	if owner := rules.ControllerOf(obj); rules.IsPool(owner) {
		q.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: obj.GetNamespace(), Name: owner.Name}}, in)
	}
}

// poolsOf returns the pools that are filled from a template.
func (r *Reconciler) poolsOf(ctx context.Context, template client.Object) []reconcile.Request {
	var pools extensionsv1.SandboxWarmPoolList
	if err := r.Client.List(ctx, &pools, client.InNamespace(template.GetNamespace()),
		client.MatchingFields{index.Template: template.GetName()}, client.UnsafeDisableDeepCopy); err != nil {
		return nil // This fails only when the manager stops.
	}
	var requests []reconcile.Request
	for i := range pools.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&pools.Items[i])})
	}
	return requests
}
