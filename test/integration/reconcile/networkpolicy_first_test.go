package reconcile

import (
	"context"
	"net/http"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// waits is what a Sandbox says that waits for a policy that is not there.
const waits = `False NetworkPolicyNotReady: no Pod is created before NetworkPolicy "python-network-policy" of SandboxTemplate "python" ` +
	`is as it should be: `

const waitsForMissing = waits + `it does not exist, or has no label agents.x-k8s.io/sandbox-template-ref-hash. If this lasts, the events of the SandboxTemplate say why: ` +
	`a quota or a policy may refuse it, or another object has its name`

// expectWaits fails unless a reconcile of sandbox creates no Pod and asks for no other, and the Sandbox says want.
func expectWaits(t *testing.T, n *suite.Namespace, sandbox *sandboxv1.Sandbox, want string) {
	t.Helper()
	if result := n.Step(t, sandbox); result != (reconcile.Result{}) {
		t.Errorf("Sandbox %s is looked at again by itself: %+v", sandbox.Name, result)
	}
	expectNone[corev1.Pod](t, n, sandbox.Name)
	if got := said(suite.Get[sandboxv1.Sandbox](t, n, sandbox.Name).Status.Conditions); got != want {
		t.Errorf("Sandbox %s says\n%s, want\n%s", sandbox.Name, got, want)
	}
}

// member creates a pool of the template "python", and a Sandbox in it.
func member(t *testing.T, n *suite.Namespace) *sandboxv1.Sandbox {
	t.Helper()
	return n.Member(t, suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj()), "aaaaa")
}

// No Pod of a template comes before the policy: neither in a pool, nor of a cold claim, nor of a Sandbox that lost its pool.
// With the policy the Pod costs one write, as ever.
func TestNoPodBeforeItsNetworkPolicy(t *testing.T) {
	for name, tc := range map[string]func(*testing.T, *suite.Namespace) *sandboxv1.Sandbox{
		"in a pool": member,
		"of a cold claim": func(t *testing.T, n *suite.Namespace) *sandboxv1.Sandbox {
			t.Helper()
			n.Step(t, suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Template("python").Obj()))
			return suite.Get[sandboxv1.Sandbox](t, n, "cold")
		},
		"that lost its pool": func(t *testing.T, n *suite.Namespace) *sandboxv1.Sandbox {
			t.Helper()
			orphan := member(t, n)
			orphan.OwnerReferences = nil
			if err := n.Collector.Update(t.Context(), orphan); err != nil {
				t.Fatal(err)
			}
			return orphan
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
			sandbox := tc(t, n)
			expectWaits(t, n, sandbox, waitsForMissing)
			expectNoWrites(t, n, sandbox)

			n.Step(t, template)
			n.Settle(t)
			before := suite.Writes(t)
			n.Step(t, sandbox)
			before.Expect(t, suite.Writes, suite.Counts{"POST pods": 1, "PATCH sandboxes/status": 1})
			expectUnder(t, n, sandbox.Name, "python")
		})
	}
}

// The policy must say what the template says now.
func TestNoPodBeforeTheNewRules(t *testing.T) {
	n := suite.New(t)
	template := n.Template(t, builder.MakeTemplate("python").Obj())
	sandbox := member(t, n)
	template.Spec.NetworkPolicy = new(ownRules())
	if err := n.Editor.Update(t.Context(), template); err != nil {
		t.Fatal(err)
	}
	expectWaits(t, n, sandbox, waits+`it does not say yet what the SandboxTemplate says. If this lasts, the events of the `+
		`SandboxTemplate say why: a quota or a policy may refuse it, or another object has its name`)
	n.Step(t, template)
	n.Step(t, sandbox)
	expectUnder(t, n, sandbox.Name, "python")
}

// A policy of that name that somebody else made protects nothing. It is in the cache only with our label.
func TestNoPodBesideSomebodyElsesPolicy(t *testing.T) {
	label := map[string]string{sandboxv1.LabelTemplateRefHash: rules.Hash("python")}
	for name, tc := range map[string]struct {
		labels map[string]string
		want   string
	}{
		"without our label": {nil, waitsForMissing},
		"with our label": {label, waits + `the one of that name is controlled by nobody. Delete or rename that one, ` +
			`or set networkPolicyManagement: Unmanaged`},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
			theirs := suite.Create(t, n, n.Admin, &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: pythonPolicy, Labels: tc.labels}})
			sandbox := member(t, n)
			if result := n.Step(t, template); result.RequeueAfter != time.Minute {
				t.Errorf("the template is looked at again after %s", result.RequeueAfter)
			}
			expectWaits(t, n, sandbox, tc.want)
			n.Delete(t, n.Admin, theirs)
			n.Step(t, template)
			n.Step(t, sandbox)
			expectUnder(t, n, sandbox.Name, "python")
		})
	}
}

// A Sandbox of a deleted template gets its next Pod if the template's policy is still there, or if it had none. Without the
// policy the Pod would be open.
func TestAPodAfterItsTemplate(t *testing.T) {
	for name, tc := range map[string]struct {
		management extensionsv1.NetworkPolicyManagement
		without    bool
		want       string
	}{
		"the policy stays": {extensionsv1.NetworkPolicyManaged, false, ""},
		"Unmanaged":        {extensionsv1.NetworkPolicyUnmanaged, false, ""},
		"the policy is gone": {extensionsv1.NetworkPolicyManaged, true, `False NetworkPolicyNotReady: SandboxTemplate "python" is gone, ` +
			`and so is its NetworkPolicy "python-network-policy", without which the Pod would be open: ` +
			`create the SandboxTemplate again, or delete this Sandbox`},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			template := n.Template(t, builder.MakeTemplate("python").NetworkPolicyManagement(tc.management).Obj())
			sandbox := member(t, n)
			n.Delete(t, n.Editor, template)
			if tc.without {
				n.Delete(t, n.Admin, suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy))
			}
			if tc.want != "" {
				expectWaits(t, n, sandbox, tc.want)
				n.Template(t, builder.MakeTemplate("python").Obj())
			}
			n.Step(t, sandbox)
			suite.Get[corev1.Pod](t, n, sandbox.Name)
		})
	}
}

// A running manager: a webhook refuses the policy, and the claim says so. When the webhook is gone, the event of the policy
// wakes the Sandbox, which nothing else does.
func TestAPolicyThatIsRefused(t *testing.T) {
	n := suite.New(t)
	lift := deny(t, n, metav1.Status{Code: http.StatusForbidden}, registrationv1.Create, networkingv1.GroupName, "networkpolicies",
		func(ctx context.Context) error {
			probe := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "probe"}}
			return n.Admin.Create(ctx, probe, client.DryRunAll)
		})
	n.Run(t, func(*controllers.Options) {})
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	suite.Await(t, "the claim says that it waits", func() bool {
		return said(suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions) == waitsForMissing
	})
	expectNone[corev1.Pod](t, n, "mine")
	lift()
	suite.Await(t, "the Pod is there", func() bool {
		err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: "mine"}, &corev1.Pod{})
		if err != nil && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
		return err == nil
	})
	expectUnder(t, n, "mine", "python")
}

// Every event that can end the wait does: of the template as well as of the policy.
func TestWhatWakesASandboxThatWaitsForAPolicy(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *suite.Namespace, *extensionsv1.SandboxTemplate){
		"the template is Unmanaged": func(t *testing.T, n *suite.Namespace, template *extensionsv1.SandboxTemplate) {
			t.Helper()
			template.Spec.NetworkPolicyManagement = extensionsv1.NetworkPolicyUnmanaged
			if err := n.Editor.Update(t.Context(), template); err != nil {
				t.Fatal(err)
			}
		},
		"somebody else's policy is deleted, and another event wakes the template": func(
			t *testing.T, n *suite.Namespace, template *extensionsv1.SandboxTemplate,
		) {
			t.Helper()
			n.Delete(t, n.Admin, suite.Get[networkingv1.NetworkPolicy](t, n, pythonPolicy))
			template.Spec.NetworkPolicy = new(ownRules())
			if err := n.Editor.Update(t.Context(), template); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			suite.Create(t, n, n.Admin, &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: pythonPolicy}})
			n.Run(t, func(*controllers.Options) {})
			suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
			suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
			suite.Await(t, "the claim says that it waits", func() bool {
				return said(suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions) == waitsForMissing
			})
			end(t, n, suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
			suite.Await(t, "the Pod is there", func() bool {
				return n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: "mine"}, &corev1.Pod{}) == nil
			})
		})
	}
}
