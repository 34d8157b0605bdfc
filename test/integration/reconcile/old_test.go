package reconcile

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// createOld makes what a cluster has that comes from the time of pools of Pods: Sandboxes that took a Pod of another name
// out of such a pool, a claim whose status names its Sandbox while no annotation does, and templates with names of one hash.
func createOld(ctx context.Context, admin client.Client, namespace string) error {
	for _, name := range []string{"keeps", "loses", "yields", "unlabelled"} {
		sandbox := builder.MakeSandbox(name).Namespace(namespace).PodName("pool-pod-of-" + name).Obj()
		if err := admin.Create(ctx, sandbox); err != nil {
			return err
		}
		pod := builder.MakePod("pool-pod-of-" + name).ControlledBy(sandbox)
		if name == "unlabelled" {
			pod.WithoutLabel(sandboxv1.LabelSandboxNameHash)
		}
		if err := admin.Create(ctx, pod.Obj()); err != nil {
			return err
		}
	}
	claim := builder.MakeClaim("served").Namespace(namespace).Template("python").Obj()
	if err := admin.Create(ctx, claim); err != nil {
		return err
	}
	claim.Status.Sandbox.Name = "of-old"
	if err := admin.Status().Update(ctx, claim); err != nil {
		return err
	}
	if err := admin.Create(ctx, builder.MakeSandbox("of-old").ClaimedBy(claim).Obj()); err != nil {
		return err
	}
	return createColliding(ctx, admin, namespace)
}

// oldSandbox returns a Sandbox with a Pod of another name, and that Pod.
func oldSandbox(t *testing.T, n *suite.Namespace, name string) (*sandboxv1.Sandbox, *corev1.Pod) {
	t.Helper()
	return suite.Get[sandboxv1.Sandbox](t, n, name), suite.Get[corev1.Pod](t, n, "pool-pod-of-"+name)
}

// expectPod fails unless sandbox says that this is its Pod, in its annotation and in its status.
func expectPod(t *testing.T, n *suite.Namespace, sandbox string, pod *corev1.Pod) {
	t.Helper()
	got := suite.Get[sandboxv1.Sandbox](t, n, sandbox)
	if got.Annotations[sandboxv1.AnnotationPodName] != pod.Name || got.Status.PodUID != pod.UID {
		t.Errorf("Sandbox %s has Pod %q, UID %s; want %s, UID %s",
			sandbox, got.Annotations[sandboxv1.AnnotationPodName], got.Status.PodUID, pod.Name, pod.UID)
	}
}

func TestAnOldPodIsKept(t *testing.T) {
	for _, name := range []string{"keeps", "unlabelled"} {
		t.Run(name, func(t *testing.T) {
			n := suite.OldNamespace(t)
			sandbox, pod := oldSandbox(t, n, name)
			n.Step(t, sandbox)
			n.Step(t, sandbox)
			expectPod(t, n, name, pod)
			kept := suite.Get[corev1.Pod](t, n, pod.Name)
			if got := kept.Labels[sandboxv1.LabelSandboxNameHash]; got != rules.Hash(name) {
				t.Errorf("the Pod's name hash is %q, want %q", got, rules.Hash(name))
			}
			err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: name}, &corev1.Pod{})
			if !apierrors.IsNotFound(err) {
				t.Errorf("reading a second Pod of the Sandbox: %v, want none", err)
			}
		})
	}
}

// The next Pod has the Sandbox's name.
func TestAnOldPodThatGoes(t *testing.T) {
	n := suite.OldNamespace(t)
	sandbox, pod := oldSandbox(t, n, "loses")
	n.Step(t, sandbox)
	n.Delete(t, n.Editor, pod)
	n.Step(t, sandbox)
	expectPod(t, n, "loses", suite.Get[corev1.Pod](t, n, "loses"))
}

// So it does when someone else's Pod has the old name by then.
func TestAnOldPodWhoseNameIsTaken(t *testing.T) {
	n := suite.OldNamespace(t)
	sandbox, pod := oldSandbox(t, n, "yields")
	n.Step(t, sandbox)
	n.Delete(t, n.Editor, pod)
	taken := suite.Create(t, n, n.Editor, builder.MakePod(pod.Name).Label(sandboxv1.LabelSandboxNameHash, rules.Hash("yields")).Obj())
	n.Step(t, sandbox)
	expectPod(t, n, "yields", suite.Get[corev1.Pod](t, n, "yields"))
	if diff := cmp.Diff(taken, suite.Get[corev1.Pod](t, n, pod.Name)); diff != "" {
		t.Errorf("the other Pod was touched (-before +after):\n%s", diff)
	}
}

// A claim from then keeps the Sandbox that it has, and is bound to it.
func TestAnOldClaim(t *testing.T) {
	n := suite.OldNamespace(t)
	claim := suite.Get[extensionsv1.SandboxClaim](t, n, "served")
	n.Step(t, claim)
	got := suite.Get[extensionsv1.SandboxClaim](t, n, "served")
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "of-old")
	if rules.Binding(got) != "of-old" || got.Status.Sandbox.UID != sandbox.UID || !metav1.IsControlledBy(sandbox, claim) {
		t.Errorf("the claim is bound to %q, its status has %+v", rules.Binding(got), got.Status.Sandbox)
	}
}
