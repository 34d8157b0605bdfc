package sandboxtemplate

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
)

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Setup adds the reconciler to mgr. A template that comes or goes also wakes those that collide with it: which of them is the
// elder may have changed.
func (r *Reconciler) Setup(mgr manager.Manager, options controller.Options) error {
	return builder.ControllerManagedBy(mgr).
		For(&extensionsv1.SandboxTemplate{}).
		Owns(&networkingv1.NetworkPolicy{}).
		Watches(&extensionsv1.SandboxTemplate{}, handler.Funcs{
			CreateFunc: func(ctx context.Context, e event.CreateEvent, q queue) { r.wakeColliding(ctx, e.Object, q) },
			DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q queue) { r.wakeColliding(ctx, e.Object, q) },
		}).
		WithOptions(options).
		Complete(reconcile.AsReconciler(r.Client, r))
}

func (r *Reconciler) wakeColliding(ctx context.Context, template client.Object, q queue) {
	var list extensionsv1.SandboxTemplateList
	if err := r.Client.List(ctx, &list, client.InNamespace(template.GetNamespace()),
		client.MatchingFields{index.NameHash: rules.Hash(template.GetName())}, client.UnsafeDisableDeepCopy); err != nil {
		return // Only when the manager stops.
	}
	for i := range list.Items {
		if list.Items[i].Name != template.GetName() {
			q.Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
}
