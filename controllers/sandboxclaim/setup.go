package sandboxclaim

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
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
)

// Setup adds the reconciler to mgr. Everything that a claim can wait for wakes it; only its end needs a timer.
func (r *Reconciler) Setup(mgr manager.Manager, options controller.Options) error {
	retried := retry.Reconciler(reconcile.AsReconciler(r.Client, r), &options)
	return builder.ControllerManagedBy(mgr).
		For(&extensionsv1.SandboxClaim{}, builder.WithPredicates(retry.NotReworded(options))).
		Owns(&sandboxv1.Sandbox{}, builder.WithPredicates(statusChanged{})).
		Watches(&sandboxv1.Sandbox{}, handler.Funcs{UpdateFunc: enqueueAfterAdoption}).
		Watches(&sandboxv1.Sandbox{}, handler.EnqueueRequestsFromMapFunc(r.boundTo), builder.WithPredicates(deleted())).
		Watches(&extensionsv1.SandboxWarmPool{}, onChange(r.waitingForPool), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&extensionsv1.SandboxTemplate{}, onChange(r.waitingForTemplate), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WatchesRawSource(source.Func(r.watchCandidates)).
		WithOptions(options).
		Complete(retried)
}

// statusChanged passes updates of a claim's Sandbox that the claim's status shows.
type statusChanged struct{ predicate.Funcs }

// Update implements predicate.Predicate.
func (statusChanged) Update(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*sandboxv1.Sandbox), e.ObjectNew.(*sandboxv1.Sandbox)
	return before.Generation != after.Generation || (before.DeletionTimestamp == nil) != (after.DeletionTimestamp == nil) ||
		!equality.Semantic.DeepEqual(before.Status, after.Status)
}

// adoptionRecheck is the delay until a claim that has just adopted is reconciled again. It may have expired by then, and
// another manager may have made the adoption. An earlier reconcile would meet the status write in flight, and cost a write
// that is refused.
const adoptionRecheck = time.Second

// enqueueAfterAdoption wakes the claim that has adopted a Sandbox, in a while.
func enqueueAfterAdoption(_ context.Context, e event.UpdateEvent, q queue) {
	before, after := rules.ControllerOf(e.ObjectOld), rules.ControllerOf(e.ObjectNew)
	if rules.IsClaim(after) && !rules.IsClaim(before) {
		claim := types.NamespacedName{Namespace: e.ObjectNew.GetNamespace(), Name: after.Name}
		q.AddAfter(reconcile.Request{NamespacedName: claim}, adoptionRecheck)
	}
}

func deleted() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(event.UpdateEvent) bool { return false },
	}
}

// boundTo returns the claims whose binding names a Sandbox that is gone: its name is free, or the claim's Sandbox is missing.
func (r *Reconciler) boundTo(ctx context.Context, sandbox client.Object) []reconcile.Request {
	var requests []reconcile.Request
	for _, claim := range r.claims(ctx, sandbox.GetNamespace(), index.Binding, sandbox.GetName()) {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(claim)})
	}
	return requests
}
