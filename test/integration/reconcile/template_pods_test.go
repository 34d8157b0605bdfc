package reconcile

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// expectUnder fails unless the NetworkPolicy of template selects the Pod of that name, and no other policy does.
func expectUnder(t *testing.T, n *suite.Namespace, pod, template string) {
	t.Helper()
	is := labels.Set(suite.Get[corev1.Pod](t, n, pod).Labels)
	var policies networkingv1.NetworkPolicyList
	if err := n.Admin.List(t.Context(), &policies, client.InNamespace(n.Name)); err != nil {
		t.Fatal(err)
	}
	var under []string
	for i := range policies.Items {
		selector, err := metav1.LabelSelectorAsSelector(&policies.Items[i].Spec.PodSelector)
		if err != nil {
			t.Fatal(err)
		}
		if selector.Matches(is) {
			under = append(under, policies.Items[i].Name)
		}
	}
	if len(under) != 1 || under[0] != template+"-network-policy" {
		t.Errorf("Pod %s, labelled %v, is under %v, want the NetworkPolicy of %s", pod, is, under, template)
	}
}

// The Pods of a pool, of the claims that adopt them and of cold claims are under their template's NetworkPolicy from the first
// moment, and stay there. Neither an adoption nor a pool that goes on with another template moves them.
func TestPodsAreUnderTheirTemplatesPolicy(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	other := suite.Create(t, n, n.Editor, builder.MakeTemplate("other").NetworkPolicy(ownRules()).Obj())
	n.Step(t, suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
	n.Step(t, other)
	warm := n.Member(t, pool, "aaaaa")
	n.Step(t, warm)
	n.RunPod(t, warm.Name)
	n.Step(t, warm)
	n.AwaitOffer(t, pool, true)
	expectUnder(t, n, warm.Name, "python")

	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("warm").Pool("python").Obj())
	n.Step(t, claim)
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "warm").Status.Sandbox.Name; got != warm.Name {
		t.Fatalf("the claim has Sandbox %q, want %s", got, warm.Name)
	}
	expectUnder(t, n, warm.Name, "python") // The Sandbox's reconciler has not seen the adoption yet.
	n.Step(t, warm)
	expectUnder(t, n, warm.Name, "python")
	n.AwaitOffer(t, pool, false)
	cold := suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Pool("python").Obj())
	n.Step(t, cold)
	n.Step(t, suite.Get[sandboxv1.Sandbox](t, n, "cold"))
	expectUnder(t, n, "cold", "python")
	member := n.Member(t, pool, "bbbbb")
	n.Step(t, member)

	pool = suite.Get[extensionsv1.SandboxWarmPool](t, n, "python")
	pool.Spec.SandboxTemplateRef.Name, pool.Spec.Replicas = "other", new(int32(2))
	if err := n.Editor.Update(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	next := n.Member(t, pool, "ccccc")
	for _, obj := range []client.Object{pool, claim, cold, warm, suite.Get[sandboxv1.Sandbox](t, n, "cold"), next} {
		n.Step(t, obj)
	}
	for pod, template := range map[string]string{warm.Name: "python", "cold": "python", member.Name: "python", next.Name: "other"} {
		expectUnder(t, n, pod, template)
	}

	// A new Pod of the same Sandbox does not move either.
	n.Delete(t, n.Admin, suite.Get[corev1.Pod](t, n, warm.Name))
	n.Step(t, warm)
	expectUnder(t, n, warm.Name, "python")
}

// A Sandbox that has lost its pool or its claim goes on running its content, and stays under the policy. So does its next Pod.
func TestOrphansStayUnderTheirTemplatesPolicy(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	n.Step(t, suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
	warm := n.Member(t, pool, "aaaaa")
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeClaim("cold").Template("python").Obj()))
	for _, name := range []string{warm.Name, "cold"} {
		sandbox := suite.Get[sandboxv1.Sandbox](t, n, name)
		n.Step(t, sandbox)
		expectUnder(t, n, name, "python")
		orphan := suite.Get[sandboxv1.Sandbox](t, n, name) // The garbage collector does this after "kubectl delete --cascade=orphan".
		orphan.OwnerReferences = nil
		if err := n.Collector.Update(t.Context(), orphan); err != nil {
			t.Fatal(err)
		}
		n.Step(t, sandbox)
		expectUnder(t, n, name, "python")
		n.Delete(t, n.Admin, suite.Get[corev1.Pod](t, n, name))
		n.Step(t, sandbox)
		expectUnder(t, n, name, "python")
	}
}

// A Sandbox that was not made from a template is under no policy of ours, whatever it says of itself.
func TestABareSandboxIsUnderNoPolicy(t *testing.T) {
	n := suite.New(t)
	n.Step(t, suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj()))
	sandbox := builder.MakeSandbox("bare").PodLabel(sandboxv1.LabelTemplateRefHash, "x").Obj()
	n.Step(t, suite.Create(t, n, n.Editor, sandbox))
	if got, ok := suite.Get[corev1.Pod](t, n, "bare").Labels[sandboxv1.LabelTemplateRefHash]; ok {
		t.Errorf("its Pod has the template hash %q", got)
	}
}
