package admission

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// Under the sample of a policy about images, kubectl warns of a template with another image, a Sandbox with one has no Pod and says
// why, and nobody changes a running Pod's image to another one. What is not a Sandbox's is left alone.
func TestImagesPolicy(t *testing.T) {
	n := suite.New(t)
	applyPolicy(t, n, "images", "example.com/images", "approved")
	const refused = "the images of Sandboxes come from registry.example.com"
	template := func(name, image string) string {
		return `{apiVersion: extensions.agents.x-k8s.io/v1beta1, kind: SandboxTemplate, metadata: {name: ` + name + `},
spec: {podTemplate: {spec: {containers: [{name: main, image: ` + image + `}]}}}}`
	}
	awaitPolicy(t, n, refused)
	output, ok := n.Kubectl(t, template("good", "registry.example.com/python:3.13"), "create", "-f", "-")
	if want := "sandboxtemplate.extensions.agents.x-k8s.io/good created\n"; !ok || output != want {
		t.Errorf("got %q, want %q", output, want)
	}
	output, ok = n.Kubectl(t, template("bad", "python:3.13-slim"), "create", "-f", "-")
	if !ok || !strings.HasPrefix(output, "Warning: spec.podTemplate: ") || !strings.Contains(output, refused) {
		t.Errorf("a template with another image: %t, %q", ok, output)
	}

	approved := builder.MakeSandbox("good").Obj()
	approved.Spec.PodTemplate.Spec.Containers[0].Image = "registry.example.com/python:3.13"
	n.Step(t, suite.Create(t, n, n.Editor, approved))
	if _, err := n.TryStep(t, suite.Create(t, n, n.Editor, builder.MakeSandbox("bad").Obj())); err == nil {
		t.Error("the Pod with another image was created")
	}
	ready := meta.FindStatusCondition(suite.Get[sandboxv1.Sandbox](t, n, "bad").Status.Conditions, sandboxv1.ConditionReady)
	if ready == nil || ready.Reason != sandboxv1.ReasonReconcilerError || !strings.Contains(ready.Message, refused) {
		t.Errorf("the Sandbox with another image says %v", ready)
	}
	pod := suite.Get[corev1.Pod](t, n, "good")
	pod.Labels["team"] = "blue"
	if err := n.Editor.Update(t.Context(), pod); err != nil {
		t.Errorf("another label for a Pod with an approved image: %v", err)
	}
	pod.Spec.Containers[0].Image = "python:3.13-slim"
	if err := n.Editor.Update(t.Context(), pod); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), refused) {
		t.Errorf("another image for a Pod that runs: %v", err)
	}
	pod = suite.Get[corev1.Pod](t, n, "good")
	pod.Spec.EphemeralContainers = []corev1.EphemeralContainer{{
		EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "debugger", Image: "busybox"},
	}}
	err := n.Admin.SubResource("ephemeralcontainers").Update(t.Context(), pod)
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), refused) {
		t.Errorf("a debugger of another image: %v", err)
	}
	volume := builder.MakeSandbox("volume").Obj()
	volume.Spec.PodTemplate.Spec.Containers[0].Image = "registry.example.com/python:3.13"
	volume.Spec.PodTemplate.Spec.Volumes = []corev1.Volume{{
		Name: "tools", VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "example.com/tools:1"}},
	}}
	if _, err := n.TryStep(t, suite.Create(t, n, n.Editor, volume)); err == nil || !strings.Contains(err.Error(), refused) {
		t.Errorf("a volume of another image: %v", err)
	}
	suite.Create(t, n, n.Editor, builder.MakePod("other").Obj())
}

// awaitPolicy waits until the API server refuses a Sandbox's Pod by a policy that says refused.
func awaitPolicy(t *testing.T, n *suite.Namespace, refused string) {
	t.Helper()
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("probe").Obj())
	var err error
	late := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		err = n.Controller.Create(ctx, builder.MakePod("probe").Namespace(n.Name).ControlledBy(sandbox).Obj(), client.DryRunAll)
		return err != nil && strings.Contains(err.Error(), refused), nil
	})
	if late != nil {
		t.Fatalf("the policy does not come: %v", err)
	}
}
