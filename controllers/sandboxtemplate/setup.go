package sandboxtemplate

import (
	"context"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Setup adds the reconciler to mgr. A template that is created or deleted also wakes those that collide with it, because the
// earliest of them may have changed.
func (r *Reconciler) Setup(mgr manager.Manager, options controller.Options) error {
	lot := yield.NewLot(r.Traffic)
	retried := retry.Reconciler(yield.Requests(lot, reconcile.Func(r.ReconcileRequest), rules.PolicyYield), &options)
	return builder.ControllerManagedBy(mgr).
		For(&extensionsv1.SandboxTemplate{}).
		Watches(&networkingv1.NetworkPolicy{}, handler.EnqueueRequestsFromMapFunc(templateOf)).
		Watches(&extensionsv1.SandboxTemplate{}, handler.Funcs{
			CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) { r.wakeColliding(ctx, e.Object, q) },
			DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) { r.wakeColliding(ctx, e.Object, q) },
		}).
		WatchesRawSource(source.Func(lot.Run)).
		WithOptions(options).
		Complete(retried)
}

// templateOf returns the template that policy is named after, which may no longer exist.
func templateOf(_ context.Context, policy client.Object) []reconcile.Request {
	name, ok := strings.CutSuffix(policy.GetName(), extensionsv1.NetworkPolicySuffix)
	if !ok {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: policy.GetNamespace(), Name: name}}}
}

func (r *Reconciler) wakeColliding(ctx context.Context, template client.Object, q queue) {
	var list extensionsv1.SandboxTemplateList
	if err := r.Client.List(ctx, &list, client.InNamespace(template.GetNamespace()),
		client.MatchingFields{index.NameHash: rules.Hash(template.GetName())}, client.UnsafeDisableDeepCopy); err != nil {
		return // This fails only when the manager stops.
	}
	for i := range list.Items {
		if list.Items[i].Name != template.GetName() {
			q.Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
}
