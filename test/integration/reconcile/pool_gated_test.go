package reconcile

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// The template of a pool has two scheduling gates. Those who set them narrow the Pod and remove them one by one, and a claim
// gets the Sandbox. The pool says what it waits for.
func TestAPoolOfGatedPods(t *testing.T) {
	s := newPoolStory(t, 1, recreate)
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		spec := &template.Spec.PodTemplate.Spec
		spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "example.com/quota"}, {Name: "example.com/topology"}}
	})
	s.step(t)
	member := s.members(t)[0]
	s.Step(t, member)
	s.Step(t, member)
	s.step(t)
	want := "SandboxesGated: The Pods of 1 of 1 Sandboxes have scheduling gates: they get a node when whoever set the gates removes them"
	if got := s.progress(t); got != want {
		t.Errorf("the pool says\n%s, want\n%s", got, want)
	}

	change := func(do func(*corev1.Pod)) {
		t.Helper()
		pod := suite.Get[corev1.Pod](t, s.Namespace, member.Name)
		base := pod.DeepCopy()
		do(pod)
		if err := s.Editor.Patch(t.Context(), pod, client.MergeFrom(base)); err != nil {
			t.Error(err)
		}
	}
	change(func(pod *corev1.Pod) { pod.Spec.SchedulingGates = pod.Spec.SchedulingGates[1:] })
	change(func(pod *corev1.Pod) {
		pod.Spec.NodeSelector = map[string]string{"topology.kubernetes.io/zone": "a"}
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Key: "dedicated", Operator: corev1.TolerationOpExists})
		pod.Spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
				{Key: "pool", Operator: corev1.NodeSelectorOpIn, Values: []string{"sandboxes"}},
			}}},
		}}}
		pod.Spec.SchedulingGates = nil
	})
	s.SchedulePod(t, member.Name)
	s.RunPod(t, member.Name)
	s.Step(t, member)
	s.step(t)
	if got, want := s.progress(t), "PoolComplete: All 1 Sandboxes are Ready"; got != want {
		t.Errorf("without gates the pool says\n%s, want\n%s", got, want)
	}
	if got := s.members(t); len(got) != 1 || got[0].UID != member.UID {
		t.Errorf("the member was replaced: %v", got)
	}
}

// A member's Pod may be resized, as a VerticalPodAutoscaler does. It gets no container for debugging as long as a claim may
// take it, and no other image.
func TestWhatChangesInAMembersPod(t *testing.T) {
	s := newPoolStory(t, 1, recreate)
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Spec.PodTemplate.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
	})
	s.step(t)
	member := s.members(t)[0]
	s.Step(t, member)
	debug := func(pod *corev1.Pod) {
		pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers, corev1.EphemeralContainer{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon{
				Name: "debugger", Image: "busybox", ImagePullPolicy: corev1.PullAlways, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
			},
		})
	}
	write := func(do func(*corev1.Pod), update func(context.Context, *corev1.Pod) error) error {
		pod := suite.Get[corev1.Pod](t, s.Namespace, member.Name)
		do(pod)
		return update(t.Context(), pod)
	}
	sub := func(name string) func(context.Context, *corev1.Pod) error {
		return func(ctx context.Context, pod *corev1.Pod) error { return s.Admin.SubResource(name).Update(ctx, pod) }
	}
	plain := func(ctx context.Context, pod *corev1.Pod) error { return s.Admin.Update(ctx, pod) }
	if suite.Has(t, "InPlacePodVerticalScaling", 33) {
		if err := write(func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}
		}, sub("resize")); err != nil {
			t.Errorf("resizing it: %v", err)
		}
	}
	if err := write(debug, sub("ephemeralcontainers")); !apierrors.IsForbidden(err) {
		t.Errorf("debugging it: %v, want it forbidden", err)
	}
	if err := write(func(pod *corev1.Pod) { pod.Spec.Containers[0].Image = "evil" }, plain); !apierrors.IsForbidden(err) {
		t.Errorf("another image: %v, want it forbidden", err)
	}
	if err := write(func(pod *corev1.Pod) {
		pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Key: "dedicated", Operator: corev1.TolerationOpExists})
	}, plain); err != nil {
		t.Errorf("one more toleration: %v", err)
	}
	if got := s.members(t); len(got) != 1 || got[0].UID != member.UID {
		t.Errorf("the member was replaced: %v", got)
	}
}
