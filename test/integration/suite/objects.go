package suite

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// object is a client.Object whose underlying type is T.
type object[T any] interface {
	*T
	client.Object
}

// Get returns the object of that name as the API server has it now.
func Get[T any, P object[T]](t *testing.T, n *Namespace, name string) P {
	t.Helper()
	obj := P(new(T))
	if err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: name}, obj); err != nil {
		t.Fatal(err)
	}
	return obj
}

// Create creates obj in the namespace as c, and returns it.
func Create[P client.Object](t *testing.T, n *Namespace, c client.Client, obj P) P {
	t.Helper()
	obj.SetNamespace(n.Name)
	if err := c.Create(t.Context(), obj); err != nil {
		t.Fatal(err)
	}
	return obj
}

// Delete deletes obj as c.
func (n *Namespace) Delete(t *testing.T, c client.Client, obj client.Object) {
	t.Helper()
	if err := c.Delete(t.Context(), obj); err != nil {
		t.Fatal(err)
	}
}

// Template creates a template as the editor, and the NetworkPolicy that the template's reconciler gives it.
func (n *Namespace) Template(t *testing.T, template *extensionsv1.SandboxTemplate) *extensionsv1.SandboxTemplate {
	t.Helper()
	n.Step(t, Create(t, n, n.Editor, template))
	n.Settle(t)
	return Get[extensionsv1.SandboxTemplate](t, n, template.Name)
}

// Pool creates, as the editor, a template and a pool of it, both of that name. The template has its NetworkPolicy. The pool
// is still empty.
func (n *Namespace) Pool(t *testing.T, name string) *extensionsv1.SandboxWarmPool {
	t.Helper()
	n.Template(t, builder.MakeTemplate(name).Obj())
	return Create(t, n, n.Editor, builder.MakePool(name).Template(name).Obj())
}

// Member creates the Sandbox "<pool>-<suffix>" of pool as the pool's reconciler does. The Sandbox is not Ready.
func (n *Namespace) Member(t *testing.T, pool *extensionsv1.SandboxWarmPool, suffix string) *sandboxv1.Sandbox {
	t.Helper()
	template := Get[extensionsv1.SandboxTemplate](t, n, pool.Spec.SandboxTemplateRef.Name)
	return Create(t, n, n.Controller, rules.NewPoolSandbox(pool, rules.NewTemplateSnapshot(template), suffix))
}

// Warm is Member with a Ready Sandbox. Claims may adopt it as soon as the index knows it.
func (n *Namespace) Warm(t *testing.T, pool *extensionsv1.SandboxWarmPool, suffix string) *sandboxv1.Sandbox {
	t.Helper()
	sandbox := n.Member(t, pool, suffix)
	n.MakeReady(t, sandbox)
	return sandbox
}

// Offered is Warm with a Sandbox that the index of the webhooks knows.
func (n *Namespace) Offered(t *testing.T, pool *extensionsv1.SandboxWarmPool, suffix string) *sandboxv1.Sandbox {
	t.Helper()
	sandbox := n.Warm(t, pool, suffix)
	n.AwaitOffer(t, pool, true)
	n.Settle(t)
	return sandbox
}

// MakeReady writes the status of a Sandbox whose Pod is Ready, in place of its reconciler, and updates sandbox to match.
func (n *Namespace) MakeReady(t *testing.T, sandbox *sandboxv1.Sandbox) {
	t.Helper()
	base := sandbox.DeepCopy()
	sandbox.Status = builder.MakeSandbox(sandbox.Name).Generation(sandbox.Generation).Ready().Obj().Status
	if err := n.Controller.Status().Patch(t.Context(), sandbox, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

// AwaitOffer waits until the index has, or has not, a Sandbox for a claim that names pool.
func (n *Namespace) AwaitOffer(t *testing.T, pool *extensionsv1.SandboxWarmPool, want bool) {
	t.Helper()
	claim := builder.MakeClaim("peek").Namespace(n.Name).Pool(pool.Name).Obj()
	err := wait.PollUntilContextTimeout(t.Context(), moment, patience, true, func(context.Context) (bool, error) {
		return (n.Index.Peek(claim, n.Clock.Now()) != "") == want, nil
	})
	if err != nil {
		t.Fatalf("the index does not come to offer a Sandbox of pool %s (%t): %v", pool.Name, want, err)
	}
}

// PatchPodStatus changes the status of the Pod of that name, as a kubelet does.
func (n *Namespace) PatchPodStatus(t *testing.T, name string, change func(*corev1.PodStatus)) *corev1.Pod {
	t.Helper()
	pod := Get[corev1.Pod](t, n, name)
	base := pod.DeepCopy()
	change(&pod.Status)
	if err := n.Admin.Status().Patch(t.Context(), pod, client.StrategicMergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	return pod
}

// RunPod is PatchPodStatus with the status of a Pod that runs and is Ready.
func (n *Namespace) RunPod(t *testing.T, name string) *corev1.Pod {
	t.Helper()
	return n.PatchPodStatus(t, name, func(status *corev1.PodStatus) { *status = builder.MakePod(name).Ready().Obj().Status })
}

// SchedulePod binds the Pod of that name to a node, as the scheduler does. From then on the Pod's deletion waits for the
// kubelet, and there is none.
func (n *Namespace) SchedulePod(t *testing.T, name string) {
	t.Helper()
	pod := Get[corev1.Pod](t, n, name)
	binding := &corev1.Binding{Target: corev1.ObjectReference{Kind: "Node", Name: builder.DefaultNode}}
	if err := n.Admin.SubResource("binding").Create(t.Context(), pod, binding); err != nil {
		t.Fatal(err)
	}
}
