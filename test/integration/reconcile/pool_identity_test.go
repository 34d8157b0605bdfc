package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// Pods of a template that shares their identity have the same labels from birth on, and an adoption leaves them as they are. A Sandbox
// that takes its word back gets its own labels.
func TestPodsThatShareTheirIdentity(t *testing.T) {
	s := newPoolStory(t, 2, onReplenish)
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Annotations = map[string]string{sandboxv1.AnnotationPodIdentity: sandboxv1.PodIdentityShared}
	})
	shared := map[string]string{
		sandboxv1.LabelSandboxNameHash: sandboxv1.SharedNameHash, sandboxv1.LabelTemplateRefHash: rules.Hash("python"),
	}
	expect := func(when, name string, want map[string]string) {
		t.Helper()
		if diff := cmp.Diff(want, suite.Get[corev1.Pod](t, s.Namespace, name).Labels); diff != "" {
			t.Errorf("%s: labels of %s (-want +got):\n%s", when, name, diff)
		}
	}
	s.step(t)
	for _, warm := range s.members(t) {
		s.Step(t, warm)
		s.RunPod(t, warm.Name)
		s.Step(t, warm)
		expect("in the pool", warm.Name, shared)
	}
	s.AwaitOffer(t, s.pool, true)
	claim := suite.Create(t, s.Namespace, s.Editor, builder.MakeClaim("mine").Pool("test-pool").Obj())
	s.Settle(t)
	s.Step(t, claim)
	adopted := suite.Get[sandboxv1.Sandbox](t, s.Namespace, suite.Get[extensionsv1.SandboxClaim](t, s.Namespace, "mine").Status.Sandbox.Name)
	s.Step(t, adopted)
	expect("under the claim", adopted.Name, shared)
	if adopted.Status.Selector != "" {
		t.Errorf("the selector %q tells the Pod from others", adopted.Status.Selector)
	}

	change(t, s.Namespace, adopted.Name, func(sandbox *sandboxv1.Sandbox) {
		sandbox.Annotations[sandboxv1.AnnotationPodIdentity] = sandboxv1.PodIdentityOwn
	})
	s.Step(t, adopted)
	adopted = suite.Get[sandboxv1.Sandbox](t, s.Namespace, adopted.Name)
	expect("on its own again", adopted.Name, rules.IdentityLabels(adopted))
	if want := sandboxv1.LabelSandboxNameHash + "=" + rules.Hash(adopted.Name); adopted.Status.Selector != want {
		t.Errorf("the selector is %q, want %q", adopted.Status.Selector, want)
	}
}
