package retry

import (
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// NotReworded lets changes of an object pass that is reconciled, its own status among them: one that was computed from an old
// view, here or by another manager, is the last change that anyone sees. What only words a refusal anew does not pass.
type NotReworded struct{ predicate.Funcs }

// Update implements predicate.Predicate.
func (NotReworded) Update(e event.UpdateEvent) bool {
	return !rules.IsReworded(e.ObjectOld, e.ObjectNew)
}
