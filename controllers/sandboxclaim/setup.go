package sandboxclaim

import (
	"context"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
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

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

// Setup adds the reconciler to mgr. Everything that a claim can wait for wakes it; only its end needs a timer.
func (r *Reconciler) Setup(mgr manager.Manager, options controller.Options) error {
	inTime := retry.WithDeadline(reconcile.AsReconciler(r.Client, r), &options)
	return builder.ControllerManagedBy(mgr).
		For(&extensionsv1.SandboxClaim{}, builder.WithPredicates(claimChanged{})).
		Owns(&sandboxv1.Sandbox{}, builder.WithPredicates(statusChanged{})).
		Watches(&sandboxv1.Sandbox{}, handler.Funcs{UpdateFunc: enqueueAfterAdoption}).
		Watches(&sandboxv1.Sandbox{}, handler.EnqueueRequestsFromMapFunc(r.waitingForSandbox), builder.WithPredicates(becameCandidate{})).
		Watches(&sandboxv1.Sandbox{}, handler.EnqueueRequestsFromMapFunc(r.boundTo), builder.WithPredicates(deleted())).
		Watches(&extensionsv1.SandboxWarmPool{}, handler.EnqueueRequestsFromMapFunc(r.waitingForPool),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&extensionsv1.SandboxTemplate{}, handler.EnqueueRequestsFromMapFunc(r.waitingForTemplate)).
		WithOptions(options).
		Complete(inTime)
}

// claimChanged passes changes of a claim, including changes of its own status. Otherwise nobody would correct a status that
// was computed from a stale view, here or by another manager: that write is the last change that anyone observes. A status
// that continues to report a refusal does not pass. A refusal is retried with backoff, and if its message differs at each
// try, the claim would wake itself for ever.
type claimChanged struct{ predicate.Funcs }

// Update implements predicate.Predicate.
func (claimChanged) Update(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*extensionsv1.SandboxClaim), e.ObjectNew.(*extensionsv1.SandboxClaim)
	return !rules.IsClaimRefused(before) || !rules.IsClaimRefused(after) || before.Generation != after.Generation ||
		!maps.Equal(before.Annotations, after.Annotations) || !maps.Equal(before.Labels, after.Labels)
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

// enqueueAfterAdoption wakes the claim that has adopted a Sandbox, after adoptionRecheck.
func enqueueAfterAdoption(_ context.Context, e event.UpdateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
	before, after := rules.ControllerOf(e.ObjectOld), rules.ControllerOf(e.ObjectNew)
	if rules.IsClaim(after) && !rules.IsClaim(before) {
		claim := types.NamespacedName{Namespace: e.ObjectNew.GetNamespace(), Name: after.Name}
		q.AddAfter(reconcile.Request{NamespacedName: claim}, adoptionRecheck)
	}
}

// becameCandidate passes Sandboxes that claims may now adopt.
type becameCandidate struct{ predicate.Funcs }

// Update implements predicate.Predicate.
func (becameCandidate) Update(e event.UpdateEvent) bool {
	_, was := rules.CandidateGroupOf(e.ObjectOld.(*sandboxv1.Sandbox))
	_, is := rules.CandidateGroupOf(e.ObjectNew.(*sandboxv1.Sandbox))
	return is && !was
}

// Delete implements predicate.Predicate.
func (becameCandidate) Delete(event.DeleteEvent) bool { return false }

func deleted() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		UpdateFunc: func(event.UpdateEvent) bool { return false },
	}
}

func (r *Reconciler) waitingForSandbox(ctx context.Context, sandbox client.Object) []reconcile.Request {
	owner := rules.ControllerOf(sandbox)
	if !rules.IsPool(owner) {
		return nil
	}
	template := sandbox.GetAnnotations()[sandboxv1.AnnotationTemplateRef]
	return append(r.claims(ctx, sandbox, index.WaitingFor, index.ForPool(owner.Name)),
		r.claims(ctx, sandbox, index.WaitingFor, index.ForTemplate(template))...)
}

// boundTo returns the claims whose binding names a Sandbox that is gone. Either its name is free now, or the claim's Sandbox
// is missing.
func (r *Reconciler) boundTo(ctx context.Context, sandbox client.Object) []reconcile.Request {
	return r.claims(ctx, sandbox, index.Binding, sandbox.GetName())
}

func (r *Reconciler) waitingForPool(ctx context.Context, pool client.Object) []reconcile.Request {
	return r.claims(ctx, pool, index.WaitingFor, index.ForPool(pool.GetName()))
}

func (r *Reconciler) waitingForTemplate(ctx context.Context, template client.Object) []reconcile.Request {
	requests := r.claims(ctx, template, index.WaitingFor, index.ForTemplate(template.GetName()))
	var pools extensionsv1.SandboxWarmPoolList
	if err := r.Client.List(ctx, &pools, client.InNamespace(template.GetNamespace()),
		client.MatchingFields{index.Template: template.GetName()}, client.UnsafeDisableDeepCopy); err != nil {
		return requests // This fails only when the manager stops.
	}
	for i := range pools.Items {
		requests = append(requests, r.waitingForPool(ctx, &pools.Items[i])...)
	}
	return requests
}

// claims returns the claims in obj's namespace that the cache has under that value of field.
func (r *Reconciler) claims(ctx context.Context, obj client.Object, field, value string) []reconcile.Request {
	var claims extensionsv1.SandboxClaimList
	if err := r.Client.List(ctx, &claims, client.InNamespace(obj.GetNamespace()),
		client.MatchingFields{field: value}, client.UnsafeDisableDeepCopy); err != nil {
		return nil // This fails only when the manager stops.
	}
	var requests []reconcile.Request
	for i := range claims.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&claims.Items[i])})
	}
	return requests
}
