package policies

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// The controller binds a claim, adopts its Sandbox and reports it: one write more than with a webhook.
func TestTheControllerBinds(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	warm := n.Offered(t, pool, "aaaaa")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("ann").Pool("python").Obj())
	if bound := rules.Binding(claim); bound != "" {
		t.Fatalf("bound to %q when it was created", bound)
	}
	n.Settle(t)
	before := suite.Writes(t)
	n.Step(t, claim)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxclaims": 1, "PATCH sandboxes": 1, "PATCH sandboxclaims/status": 1})

	got := suite.Get[extensionsv1.SandboxClaim](t, n, "ann")
	if rules.Binding(got) != warm.Name || got.Status.Sandbox.Name != warm.Name {
		t.Errorf("bound to %q, and has %q on record, want %q", rules.Binding(got), got.Status.Sandbox.Name, warm.Name)
	}
	if owner := rules.ControllerOf(suite.Get[sandboxv1.Sandbox](t, n, warm.Name)); !rules.IsClaim(owner) || owner.UID != claim.UID {
		t.Errorf("controlled by %v", owner)
	}

	cold := suite.Create(t, n, n.Editor, builder.MakeClaim("bob").Pool("python").Obj())
	n.Settle(t)
	n.Step(t, cold)
	if owner := rules.ControllerOf(suite.Get[sandboxv1.Sandbox](t, n, "bob")); owner == nil || owner.UID != cold.UID {
		t.Errorf("the cold Sandbox is controlled by %v", owner)
	}
}

// What a webhook would drop with a warning is refused.
func TestWhatAWebhookWouldDrop(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := builder.MakeClaim("ann").Pool("python").BoundTo("python-aaaaa").Namespace(n.Name).Obj()
	wantRefused(t, n.Editor.Create(t.Context(), claim), "claims-alone", `only Namesake's controller sets this, found "python-aaaaa": leave it out`)
	sandbox := builder.MakeSandbox("own").Namespace(n.Name).Label(sandboxv1.LabelWarmPool, "x").Obj()
	wantRefused(t, n.Editor.Create(t.Context(), sandbox), "sandboxes", `only Namesake's controller sets this, found "x": leave it out`)
	own := suite.Create(t, n, n.Editor, builder.MakeSandbox("own").Obj())
	for _, key := range rules.IdentityKeys() {
		pod := builder.MakePod("own").Namespace(n.Name).ControlledBy(own).Obj()
		pod.Labels = map[string]string{key: "x"}
		wantRefused(t, n.Editor.Create(t.Context(), pod), "pods", "")
	}
}

func wantRefused(t *testing.T, err error, policy, words string) {
	t.Helper()
	if !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "'"+policy) || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want a refusal by policy %q: %s", err, policy, words)
	}
}

// A Pod that a user creates for a Sandbox of their own gets its name and the label with the Sandbox's UID from a policy, where the API
// server has such policies, and the rest from the controller.
func TestAPodOfAUsersOwn(t *testing.T) {
	n := suite.New(t)
	own := suite.Create(t, n, n.Editor, builder.MakeSandbox("own").Obj())
	create := func(labels map[string]string) (*corev1.Pod, error) {
		pod := builder.MakePod("").Namespace(n.Name).ControlledBy(own).Obj()
		pod.Name, pod.GenerateName, pod.Labels = "", "random-", labels
		return pod, n.Editor.Create(t.Context(), pod, client.DryRunAll)
	}
	if !suite.Has(t, "MutatingAdmissionPolicy", 36) {
		_, err := create(nil)
		wantRefused(t, err, "pods", "a Sandbox's Pod bears its name")
	} else {
		suite.Await(t, "the policy names Pods", func() bool { _, err := create(nil); return err == nil })
		for _, labels := range []map[string]string{{}, {"app": "x"}} {
			pod, err := create(labels)
			want := map[string]string{sandboxv1.LabelSandboxUID: string(own.UID)}
			maps.Copy(want, labels)
			if err != nil || pod.Name != own.Name || !cmp.Equal(pod.Labels, want) {
				t.Errorf("with labels %v: got %q with labels %v: %v", labels, pod.Name, pod.Labels, err)
			}
		}
	}
	unlabelled := builder.MakePod("own").ControlledBy(own).Obj()
	unlabelled.Labels = nil
	pod := suite.Create(t, n, n.Editor, unlabelled)
	n.Settle(t)
	n.Step(t, own)
	got := suite.Get[corev1.Pod](t, n, pod.Name)
	for key, value := range rules.IdentityLabels(own) {
		if got.Labels[key] != value {
			t.Errorf("label %s is %q, want %q", key, got.Labels[key], value)
		}
	}
}

// A Binding to a node writes its labels and annotations on the Pod, without a write of the Pod that admission would see.
func TestABindingToANode(t *testing.T) {
	n := suite.New(t)
	suite.Create(t, n, n.Editor, builder.MakePod("plain").Obj())
	bind := func(key string) error {
		binding := &corev1.Binding{
			ObjectMeta: metav1.ObjectMeta{Name: "plain", Namespace: n.Name, Labels: map[string]string{key: "x"}},
			Target:     corev1.ObjectReference{Kind: "Node", Name: builder.DefaultNode},
		}
		return n.Admin.SubResource("binding").Create(t.Context(), suite.Get[corev1.Pod](t, n, "plain"), binding)
	}
	wantRefused(t, bind(sandboxv1.LabelTemplateRefHash), "bindings", "a binding to a node would write it on the Pod: leave it out")
	if err := bind("topology.kubernetes.io/zone"); err != nil {
		t.Errorf("a binding with a label of the node: %v", err)
	}
}
