package sandboxclaim

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestASandboxWakesItsClaim(t *testing.T) {
	claim := builder.MakeClaim("c").Obj()
	pooled := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("a").Pool(builder.MakePool("p").Obj()).Ready()
	}
	ours := func() *builder.SandboxWrapper { return pooled().ClaimedBy(claim) }
	for name, tc := range map[string]struct {
		before, after *builder.SandboxWrapper
		want          bool
	}{
		"it is adopted":                    {pooled(), ours(), false},
		"it moves":                         {ours(), ours().Node("b").PodIPs("10.0.0.9"), true},
		"it is not Ready any more":         {ours(), ours().Condition("Ready", metav1.ConditionFalse, "DependenciesNotReady"), true},
		"its spec changes":                 {ours(), ours().Generation(2), true},
		"it is being deleted":              {ours(), ours().Deleting(), true},
		"it is annotated":                  {ours(), ours().Annotation("note", "a"), false},
		"the garbage collector touches it": {ours(), ours().OwnerReferences(unblocked(ours().Obj())), false},
		"it is only seen again":            {ours(), ours(), false},
		"one of a pool is only seen again": {pooled(), pooled(), false},
		"one of a pool loses its owner":    {pooled(), pooled().OwnerReferences(), false},
		"one of nobody is only seen again": {builder.MakeSandbox("a"), builder.MakeSandbox("a"), false},
	} {
		if got := (statusChanged{}).Update(event.UpdateEvent{ObjectOld: tc.before.Obj(), ObjectNew: tc.after.Obj()}); got != tc.want {
			t.Errorf("%s: woken %t, want %t", name, got, tc.want)
		}
	}
}

// woken records who is woken, and after what delay.
type woken struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]

	who []string
}

func (w *woken) AddAfter(request reconcile.Request, in time.Duration) {
	w.who = append(w.who, fmt.Sprintf("%s in %s", request, in))
}

// TestAnAdoptionWakesItsClaimInAWhile covers an adoption that another manager has made. It may be the end of a claim that
// has expired.
func TestAnAdoptionWakesItsClaimInAWhile(t *testing.T) {
	claim := builder.MakeClaim("c").Obj()
	pooled := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Pool(builder.MakePool("p").Obj()) }
	for name, tc := range map[string]struct {
		before, after *builder.SandboxWrapper
		want          []string
	}{
		"it is adopted":      {pooled(), pooled().ClaimedBy(claim), []string{"default/c in 1s"}},
		"it was before":      {pooled().ClaimedBy(claim), pooled().ClaimedBy(claim), nil},
		"it is in its pool":  {pooled(), pooled().Ready(), nil},
		"it loses its owner": {pooled(), pooled().OwnerReferences(), nil},
	} {
		q := &woken{}
		enqueueAfterAdoption(t.Context(), event.UpdateEvent{ObjectOld: tc.before.Obj(), ObjectNew: tc.after.Obj()}, q)
		if diff := cmp.Diff(tc.want, q.who); diff != "" {
			t.Errorf("%s: woken (-want +got):\n%s", name, diff)
		}
	}
}

// unblocked returns the owner reference of sandbox, changed so that sandbox no longer blocks the deletion of its owner.
func unblocked(sandbox *sandboxv1.Sandbox) metav1.OwnerReference {
	ref := sandbox.OwnerReferences[0]
	ref.BlockOwnerDeletion = new(false)
	return ref
}

// What changes wakes those who wait for it, and those that were refused a few at a time.
func TestAChangeWakesThoseWhoWait(t *testing.T) {
	waiting := []*extensionsv1.SandboxClaim{
		builder.MakeClaim("a").Condition("Ready", metav1.ConditionFalse, extensionsv1.ReasonTemplateNotFound).Obj(),
		builder.MakeClaim("b").Condition("Ready", metav1.ConditionFalse, extensionsv1.ReasonReconcilerError).Obj(),
	}
	changes := onChange(func(context.Context, client.Object) []*extensionsv1.SandboxClaim { return waiting })
	template := builder.MakeTemplate("t").Obj()
	for name, change := range map[string]func(queue){
		"created": func(q queue) { changes.Create(t.Context(), event.CreateEvent{Object: template}, q) },
		"changed": func(q queue) {
			changes.Update(t.Context(), event.UpdateEvent{ObjectOld: template, ObjectNew: template}, q)
		},
		"deleted": func(q queue) { changes.Delete(t.Context(), event.DeleteEvent{Object: template}, q) },
	} {
		q := &woken{}
		change(q)
		if diff := cmp.Diff([]string{"default/a in 0s", "default/b in 0s"}, q.who); diff != "" {
			t.Errorf("%s: woken (-want +got):\n%s", name, diff)
		}
	}
}
