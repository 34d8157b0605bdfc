package sandbox

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/source"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/retry"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
)

// Setup adds the reconciler to mgr. A change of a Sandbox's own status wakes it, too. Otherwise nobody would correct a
// status that was computed from a stale view, here or by another manager: that write is the last change that anyone
// observes.
func (r *Reconciler) Setup(mgr manager.Manager, options controller.Options) error {
	lot := yield.NewLot(r.Traffic)
	bound := func(sandbox *sandboxv1.Sandbox) time.Duration { return rules.SandboxYield(sandbox, r.Now()) }
	retried := retry.Reconciler(yield.Reconciler(lot, r.Client, r, bound), &options)
	return builder.ControllerManagedBy(mgr).
		For(&sandboxv1.Sandbox{}, builder.WithPredicates(retry.NotReworded(options))).
		Owns(&corev1.Pod{}).
		Owns(&corev1.Service{}).
		Owns(&corev1.PersistentVolumeClaim{}).
		Watches(&networkingv1.NetworkPolicy{}, handler.EnqueueRequestsFromMapFunc(r.wakeForPolicy)).
		Watches(&extensionsv1.SandboxTemplate{}, handler.EnqueueRequestsFromMapFunc(r.wakeForPolicy)).
		WatchesRawSource(source.Func(lot.Run)).
		WithOptions(options).
		Complete(retried)
}
