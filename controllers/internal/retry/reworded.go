package retry

import (
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// NotReworded lets changes of an object pass that is reconciled with options, its own status among them: one that was computed from an
// old view, here or by another manager, is the last change that anyone sees. What only words a refusal anew does not pass, and neither
// does what only tells of a refusal, if the object's last reconcile here was refused. options are what Reconciler was given.
func NotReworded(options controller.Options) predicate.Predicate {
	isRefused := func(reconcile.Request) bool { return false }
	if b, ok := options.RateLimiter.(*backoff); ok {
		isRefused = b.Refused
	}
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		if rules.IsReworded(e.ObjectOld, e.ObjectNew) {
			return false
		}
		request := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(e.ObjectNew)}
		return !isRefused(request) || !rules.OnlyTellsRefusal(e.ObjectOld, e.ObjectNew)
	}}
}
