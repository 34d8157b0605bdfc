package sandboxclaim

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/rules"
)

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// releaseInterval is how often reservations are looked at whose time is over, for claims that wait while nobody picks.
const releaseInterval = time.Second

// watchCandidates wakes claims that wait for a warm Sandbox when the index has one for them. The index tells, and not the watch of
// Sandboxes: also a node that is uncordoned, or the end of a reservation, makes a candidate.
func (r *Reconciler) watchCandidates(ctx context.Context, q queue) error {
	appeared := r.Candidates.Subscribe()
	go func() {
		defer appeared.Cancel()
		ticker := time.NewTicker(releaseInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				r.Candidates.Release(r.Now())
			case <-appeared.Ready():
				for _, where := range appeared.Take() {
					enqueue(q, where.Namespace, rules.WakeForCandidate(r.waitingForCandidate(ctx, where)))
				}
			}
		}
	}()
	return nil
}

// onChange wakes the claims that wait for an object, at each of its changes.
func onChange(waiting func(context.Context, client.Object) []*extensionsv1.SandboxClaim) handler.EventHandler {
	wake := func(ctx context.Context, obj client.Object, q queue) {
		enqueue(q, obj.GetNamespace(), rules.WakeForChange(waiting(ctx, obj)))
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) { wake(ctx, e.Object, q) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q queue) { wake(ctx, e.ObjectNew, q) },
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) { wake(ctx, e.Object, q) },
	}
}

func enqueue(q queue, namespace string, wakes []rules.Wake) {
	for _, wake := range wakes {
		q.AddAfter(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: wake.Name}}, wake.In)
	}
}

func (r *Reconciler) waitingForCandidate(ctx context.Context, where candidates.Appearance) []*extensionsv1.SandboxClaim {
	return append(r.claims(ctx, where.Namespace, index.WaitingFor, index.ForPool(where.Pool)),
		r.claims(ctx, where.Namespace, index.WaitingFor, index.ForTemplate(where.Template))...)
}

func (r *Reconciler) waitingForPool(ctx context.Context, pool client.Object) []*extensionsv1.SandboxClaim {
	return r.claims(ctx, pool.GetNamespace(), index.WaitingFor, index.ForPool(pool.GetName()))
}

func (r *Reconciler) waitingForTemplate(ctx context.Context, template client.Object) []*extensionsv1.SandboxClaim {
	claims := r.claims(ctx, template.GetNamespace(), index.WaitingFor, index.ForTemplate(template.GetName()))
	var pools extensionsv1.SandboxWarmPoolList
	if err := r.Client.List(ctx, &pools, client.InNamespace(template.GetNamespace()),
		client.MatchingFields{index.Template: template.GetName()}, client.UnsafeDisableDeepCopy); err != nil {
		return claims // Only when the manager stops.
	}
	for i := range pools.Items {
		claims = append(claims, r.waitingForPool(ctx, &pools.Items[i])...)
	}
	return claims
}

// claims returns the claims of a namespace that the cache has under that value of field. They are not to be changed.
func (r *Reconciler) claims(ctx context.Context, namespace, field, value string) []*extensionsv1.SandboxClaim {
	var list extensionsv1.SandboxClaimList
	if err := r.Client.List(ctx, &list, client.InNamespace(namespace),
		client.MatchingFields{field: value}, client.UnsafeDisableDeepCopy); err != nil {
		return nil // Only when the manager stops.
	}
	claims := make([]*extensionsv1.SandboxClaim, len(list.Items))
	for i := range list.Items {
		claims[i] = &list.Items[i]
	}
	return claims
}
