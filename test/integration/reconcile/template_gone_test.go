package reconcile

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/controllers/sandboxtemplate"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

const pythonPolicy = "python-network-policy"

// collect does with the policy what the garbage collector does when the template is gone: it leaves the owners that still
// exist.
func collect(t *testing.T, n *suite.Namespace) {
	t.Helper()
	policy := suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy)
	for i := range policy.OwnerReferences {
		if policy.OwnerReferences[i].Kind == "Namespace" {
			policy.OwnerReferences = policy.OwnerReferences[i : i+1]
			break
		}
	}
	if err := n.Collector.Update(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
}

// look lets r reconcile the name of the template "python", with a cache that has caught up, and returns after how long it asks
// for another reconcile.
func look(t *testing.T, n *suite.Namespace, r *sandboxtemplate.Reconciler) time.Duration {
	t.Helper()
	n.Settle(t)
	result, err := r.ReconcileRequest(t.Context(), reconcile.Request{NamespacedName: client.ObjectKey{Namespace: n.Name, Name: "python"}})
	if err != nil {
		t.Fatal(err)
	}
	return result.RequeueAfter
}

// What is left of a deleted template stays under its policy until it is gone. Some time later the policy is deleted, too.
func TestAPolicyOutlivesItsTemplate(t *testing.T) {
	n := suite.New(t)
	sandbox := n.Member(t, n.Pool(t, "python"), "aaaaa")
	n.Step(t, sandbox)
	r := n.Templates(n.Cached)
	look(t, n, r)
	n.Delete(t, n.Editor, suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
	collect(t, n)

	stays := func(again time.Duration) {
		t.Helper()
		n.Settle(t)
		before := suite.Writes(t)
		if got := look(t, n, r); got != again {
			t.Errorf("looks again after %s, want %s", got, again)
		}
		before.Expect(t, suite.Writes, suite.Counts{})
	}
	stays(5 * time.Minute)
	expectUnder(t, n, sandbox.Name, "python")
	pod := suite.Get[corev1.Pod](t, n, sandbox.Name)
	n.Delete(t, n.Admin, sandbox)
	for range 3 { // The Pod is still there.
		stays(5 * time.Minute)
		n.Clock.Step(5 * time.Minute)
	}
	if err := n.Admin.Delete(t.Context(), pod, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	stays(5 * time.Minute)
	n.Clock.Step(4 * time.Minute)
	stays(time.Minute)
	late := suite.Create(t, n, n.Controller, builder.MakeSandbox("late").Label(sandboxv1.LabelTemplateRefHash, pod.Labels[sandboxv1.LabelTemplateRefHash]).Obj())
	n.Clock.Step(time.Minute)
	stays(5 * time.Minute)
	n.Delete(t, n.Admin, late)
	stays(5 * time.Minute)
	n.Clock.Step(5 * time.Minute)
	if again := look(t, n, r); again != 0 {
		t.Errorf("looks again after %s, want not at all", again)
	}
	expectNone[networkingv1.NetworkPolicy](t, n, pythonPolicy)
	stays(0)
}

// A template that is created again takes over the policy that the first one left, without an event, both before and after the
// garbage collector acts. When the template is deleted again, the time during which the policy selects nothing starts anew.
func TestATemplateThatIsCreatedAgain(t *testing.T) {
	for name, collected := range map[string]bool{"before the garbage collector": false, "after the garbage collector": true} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			r := n.Templates(n.Cached)
			deleted := func() {
				t.Helper()
				n.Delete(t, n.Editor, suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
				if collected {
					collect(t, n)
				}
			}
			suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
			look(t, n, r)
			deleted()
			look(t, n, r)
			n.Clock.Step(4 * time.Minute)
			first := suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy)

			again := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").NetworkPolicy(ownRules()).Obj())
			n.Settle(t)
			before := suite.Writes(t)
			look(t, n, r)
			before.Expect(t, suite.Writes, suite.Counts{"PATCH networkpolicies": 1, "PATCH sandboxtemplates": 1})
			expectEvents(t, n)
			expectPolicy(t, n, again, nil)
			expectQuiet(t, n, again)
			if got := suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy); got.UID != first.UID {
				t.Error("there is another policy, and was none in between")
			}
			deleted()
			collect(t, n)
			if got := look(t, n, r); got != 5*time.Minute {
				t.Errorf("looks again after %s, want 5m", got)
			}
		})
	}
}

// A template that wants no policy deletes the one that the first template left.
func TestAnUnmanagedTemplateThatIsCreatedAgain(t *testing.T) {
	n := suite.New(t)
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj()))
	n.Delete(t, n.Editor, suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
	collect(t, n)
	again := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").NetworkPolicyManagement(extensionsv1.NetworkPolicyUnmanaged).Obj())
	n.Step(t, again)
	expectPolicy(t, n, again, nil)
	expectQuiet(t, n, again)
}

// A policy that is not certainly orphaned is not looked at again: the garbage collector has yet to act, or the cache is stale.
func TestAPolicyThatIsNotLeftBehind(t *testing.T) {
	n := suite.New(t)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	n.Step(t, template)
	before := suite.Writes(t)
	collect(t, n)
	if again := look(t, n, n.Templates(suite.Missing(n.Cached, template))); again != 0 {
		t.Errorf("with a template that the cache does not have, it looks again after %s", again)
	}
	look(t, n, n.Templates(n.Cached))
	n.Delete(t, n.Editor, template)
	if again := look(t, n, n.Templates(n.Cached)); again != 0 {
		t.Errorf("before the garbage collector, it looks again after %s", again)
	}
	before.Expect(t, suite.Writes, suite.Counts{"PUT networkpolicies": 1, "PATCH networkpolicies": 1, "DELETE sandboxtemplates": 1})
	suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy)
}

// listing notes that something is listed.
type listing struct {
	client.Reader

	listed *atomic.Bool
}

func (l listing) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	l.listed.Store(true)
	return l.Reader.List(ctx, list, opts...)
}

// A running manager deletes it: every event on a policy whose template is gone triggers a reconcile.
func TestAManagerDeletesAPolicyThatIsLeftBehind(t *testing.T) {
	n := suite.New(t)
	var listed, looked atomic.Bool // After it has listed what is under the policy, nothing else here asks for the time.
	n.Run(t, func(o *controllers.Options) {
		now := o.Now
		o.Live = listing{o.Live, &listed}
		o.Now = func() time.Time {
			looked.Store(listed.Load())
			return now()
		}
	})
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	suite.Await(t, "the policy is there", func() bool { return !isGone(t, n, &networkingv1.NetworkPolicy{}, pythonPolicy) })
	n.Delete(t, n.Editor, template)
	collect(t, n)
	suite.Await(t, "the first look", looked.Load)
	n.Clock.Step(5 * time.Minute)
	change(t, n, pythonPolicy, func(policy *networkingv1.NetworkPolicy) { policy.Annotations = map[string]string{"note": "x"} })
	suite.Await(t, "the policy is gone", func() bool { return isGone(t, n, &networkingv1.NetworkPolicy{}, pythonPolicy) })
}
