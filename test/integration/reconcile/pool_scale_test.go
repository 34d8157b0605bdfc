package reconcile

import (
	"strings"
	"testing"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// An autoscaler reads and writes the wanted number, the actual number, and the selector of these Pods.
func TestScale(t *testing.T) {
	s := newPoolStory(t, 1, onReplenish)
	s.step(t)
	s.step(t)
	scale := &autoscalingv1.Scale{}
	if err := s.Editor.SubResource("scale").Get(t.Context(), s.pool, scale); err != nil {
		t.Fatal(err)
	}
	if scale.Spec.Replicas != 1 || scale.Status.Replicas != 1 {
		t.Errorf("%d of %d, want 1 of 1", scale.Status.Replicas, scale.Spec.Replicas)
	}
	selector, err := labels.Parse(scale.Status.Selector)
	if err != nil {
		t.Fatal(err)
	}
	scale.Spec.Replicas = 3
	if err := s.Editor.SubResource("scale").Update(t.Context(), s.pool, client.WithSubResourceBody(scale)); err != nil {
		t.Fatal(err)
	}
	s.step(t)
	for _, member := range s.members(t) {
		s.Step(t, member)
	}
	var members sandboxv1.SandboxList
	var pods corev1.PodList
	for _, list := range []client.ObjectList{&members, &pods} {
		if err := s.Editor.List(t.Context(), list, client.InNamespace(s.Name), client.MatchingLabelsSelector{Selector: selector}); err != nil {
			t.Fatal(err)
		}
	}
	if len(members.Items) != 3 || len(pods.Items) != 3 {
		t.Errorf("the selector finds %d Sandboxes and %d Pods, want 3 each", len(members.Items), len(pods.Items))
	}
}

// kubectl scale works up and down again.
func TestKubectlScale(t *testing.T) {
	s := newPoolStory(t, 1, onReplenish)
	for _, want := range []string{"4", "2", "0"} {
		out, ok := s.Kubectl(t, "", "scale", "sandboxwarmpool", "test-pool", "--replicas="+want)
		if !ok || !strings.Contains(out, "test-pool scaled") {
			t.Fatalf("kubectl says %q", out)
		}
		s.step(t)
		s.step(t)
		out, _ = s.Kubectl(t, "", "get", "swp", "test-pool", "-o", "jsonpath={.spec.replicas} {.status.replicas}")
		if out != want+" "+want {
			t.Errorf("scaled to %s: %s", want, out)
		}
	}
	s.turn(t, func(spec *extensionsv1.SandboxWarmPoolSpec) { spec.Replicas = nil })
	if got := suite.Get[extensionsv1.SandboxWarmPool](t, s.Namespace, "test-pool").Spec.Replicas; got == nil || *got != 1 {
		t.Errorf("without a number: %v, want 1", got)
	}
}
