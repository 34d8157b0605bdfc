package node

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// scriptOf returns a template whose container runs a script.
func scriptOf(name, script string) *builder.TemplateWrapper {
	spec := sandboxNamed("").Spec.PodTemplate.Spec
	spec.Containers[0].Args = []string{"sh", "-c", script}
	return builder.MakeTemplate(name).Namespace(namespace).PodSpec(spec)
}

// offer creates the template, and a pool of one Sandbox of it that has the template's name.
func (n *node) offer(t *testing.T, template *extensionsv1.SandboxTemplate) {
	t.Helper()
	t.Cleanup(func() { explainDefault(t) })
	// An earlier test may have kept the managers from being ready until now, and kube-proxy is told a moment later.
	n.eventually(t, back, "the template is accepted", func(ctx context.Context) error { return n.Create(ctx, template.DeepCopy()) })
	n.create(t, builder.MakePool(template.Name).Namespace(namespace).Template(template.Name).Obj())
}

// serve offers the template, claims the Sandbox, and returns it. Pool and claim have the template's name.
func (n *node) serve(t *testing.T, template *extensionsv1.SandboxTemplate) *sandboxv1.Sandbox {
	t.Helper()
	n.offer(t, template)
	kubectl(t, "wait", "sandboxwarmpool/"+template.Name, "--for=jsonpath={.status.readyReplicas}=1", patience)
	n.create(t, builder.MakeClaim(template.Name).Namespace(namespace).Pool(template.Name).Obj())
	return n.sandbox(t, n.claimed(t, template.Name))
}

func (n *node) create(t *testing.T, obj client.Object) {
	t.Helper()
	if err := n.Create(t.Context(), obj); err != nil {
		t.Fatal(err)
	}
}

func (n *node) sandbox(t *testing.T, name string) *sandboxv1.Sandbox {
	t.Helper()
	sandbox := &sandboxv1.Sandbox{}
	if err := n.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, sandbox); err != nil {
		t.Fatal(err)
	}
	return sandbox
}

// both returns an error unless the Ready conditions of a Sandbox and of its claim have this status and contain this text.
func (n *node) both(ctx context.Context, claim, sandbox string, status metav1.ConditionStatus, text string) error {
	for _, seen := range []client.Object{&sandboxv1.Sandbox{}, &extensionsv1.SandboxClaim{}} {
		name, conditions := sandbox, (*[]metav1.Condition)(nil)
		switch obj := seen.(type) {
		case *sandboxv1.Sandbox:
			conditions = &obj.Status.Conditions
		case *extensionsv1.SandboxClaim:
			name, conditions = claim, &obj.Status.Conditions
		}
		if err := n.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, seen); err != nil {
			return err
		}
		ready := meta.FindStatusCondition(*conditions, sandboxv1.ConditionReady)
		if ready == nil || ready.Status != status || !strings.Contains(ready.Message, text) {
			return fmt.Errorf("%T %s says %v", seen, name, ready)
		}
	}
	return nil
}

// in runs a command of the shell in the container of a Sandbox, and returns what it prints.
func in(t *testing.T, sandbox, command string) string {
	t.Helper()
	return kubectl(t, "exec", sandbox, "--", "sh", "-c", command)
}

// podOf returns the Pod of a Sandbox.
func (n *node) podOf(ctx context.Context, sandbox string) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	return pod, n.Get(ctx, client.ObjectKey{Namespace: namespace, Name: sandbox}, pod)
}

// explainDefault prints what the users' objects say when a test has failed.
func explainDefault(t *testing.T) {
	t.Helper()
	if t.Failed() {
		explainWith(t, namespace,
			[]string{"get", "sandboxes,sandboxclaims,sandboxwarmpools,pods",
				"--output=jsonpath={range .items[*]}{.kind} {.metadata.name}: {.status}{\"\\n\"}{end}"},
			[]string{"get", "events", "--sort-by=.lastTimestamp"})
	}
}
