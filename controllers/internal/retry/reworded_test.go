package retry

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// The word of a refusal wakes an object, but not where it was refused: there it is on its backoff, and would be tried twice at once.
func TestARefusalDoesNotWakeWhoWasRefused(t *testing.T) {
	told := event.UpdateEvent{
		ObjectOld: builder.MakeClaim(request.Name).Namespace(request.Namespace).Pool("p").Obj(),
		ObjectNew: builder.MakeClaim(request.Name).Namespace(request.Namespace).Pool("p").
			Condition("Ready", metav1.ConditionFalse, "ReconcilerError").Obj(),
	}
	changed := told
	changed.ObjectNew = told.ObjectNew.DeepCopyObject().(client.Object)
	changed.ObjectNew.SetGeneration(2)

	var options controller.Options
	refused := Reconciler(answering(answer{err: errRefused}, answer{}), &options)
	passes := NotReworded(options)
	wakes := func(when string, e event.UpdateEvent, want bool) {
		t.Helper()
		if got := passes.Update(e); got != want {
			t.Errorf("%s: woken %t, want %t", when, got, want)
		}
	}
	wakes("refused elsewhere", told, true)
	if _, err := refused.Reconcile(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	wakes("refused here", told, false)
	wakes("refused here, and changed", changed, true)
	if _, err := refused.Reconcile(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	wakes("refused here before, and no more", told, true)
}
