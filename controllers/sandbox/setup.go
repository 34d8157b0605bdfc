package sandbox

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// Setup adds the reconciler to mgr, with that many workers. Its own status writes do not wake it.
func (r *Reconciler) Setup(mgr manager.Manager, options controller.Options) error {
	own := predicate.Or(
		predicate.GenerationChangedPredicate{}, predicate.LabelChangedPredicate{}, predicate.AnnotationChangedPredicate{}, ownerChanged{},
	)
	return builder.ControllerManagedBy(mgr).
		For(&sandboxv1.Sandbox{}, builder.WithPredicates(own)).
		Owns(&corev1.Pod{}).
		WithOptions(options).
		Complete(reconcile.AsReconciler(r.Client, r))
}

// ownerChanged lets updates pass that change owners: the Pod's identity labels follow the Sandbox's controller.
type ownerChanged struct{ predicate.Funcs }

// Update implements predicate.Predicate.
func (ownerChanged) Update(e event.UpdateEvent) bool {
	return !equality.Semantic.DeepEqual(e.ObjectOld.GetOwnerReferences(), e.ObjectNew.GetOwnerReferences())
}
