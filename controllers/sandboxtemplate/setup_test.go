package sandboxtemplate

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers/internal/index"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// indexed is a client that lists templates by the hash of their names, as the cache does.
type indexed struct {
	client.Client

	templates []*extensionsv1.SandboxTemplate
}

func (i indexed) List(_ context.Context, into client.ObjectList, options ...client.ListOption) error {
	var o client.ListOptions
	o.ApplyOptions(options)
	list := into.(*extensionsv1.SandboxTemplateList)
	for _, template := range i.templates {
		if template.Namespace == o.Namespace && o.FieldSelector.Matches(fields.Set{index.NameHash: rules.Hash(template.Name)}) {
			list.Items = append(list.Items, *template)
		}
	}
	return nil
}

// TestWakeColliding checks that a created or deleted template wakes those that it collides with, and no others. Its own
// event wakes the template itself.
func TestWakeColliding(t *testing.T) {
	first, second := builder.CollidingNames()
	one, two := builder.MakeTemplate(first).Obj(), builder.MakeTemplate(second).Obj()
	c := indexed{templates: []*extensionsv1.SandboxTemplate{
		one, two, builder.MakeTemplate("python").Obj(), builder.MakeTemplate(second).Namespace("elsewhere").Obj(),
	}}
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer q.ShutDown()
	(&Reconciler{Client: c}).wakeColliding(t.Context(), one, q)
	var woken []reconcile.Request
	for q.Len() > 0 {
		request, _ := q.Get()
		q.Done(request)
		woken = append(woken, request)
	}
	if diff := cmp.Diff([]reconcile.Request{{NamespacedName: client.ObjectKeyFromObject(two)}}, woken); diff != "" {
		t.Errorf("woken (-want +got):\n%s", diff)
	}
}

// TestAPolicyWakesItsTemplate checks that a policy wakes the template that it is named after, whether that exists or not.
func TestAPolicyWakesItsTemplate(t *testing.T) {
	for policy, want := range map[string][]reconcile.Request{
		"python-network-policy":                {{NamespacedName: client.ObjectKey{Namespace: "ns", Name: "python"}}},
		"python-network-policy-network-policy": {{NamespacedName: client.ObjectKey{Namespace: "ns", Name: "python-network-policy"}}},
		"python":                               nil,
	} {
		got := templateOf(t.Context(), &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: policy}})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", policy, diff)
		}
	}
}
