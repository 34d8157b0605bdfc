package admission

import (
	"testing"

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

// A write of the manager's own costs no call if the object shows by itself that it is right, and only then.
func TestTheManagersOwnPods(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
	other := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "other", UID: "1"}
	for name, tc := range map[string]struct {
		change  func(*corev1.Pod)
		calls   suite.Counts
		refused bool
	}{
		"as it should be":                     {change: func(*corev1.Pod) {}},
		"of another name":                     {func(p *corev1.Pod) { p.Name = "another" }, suite.Counts{"pod.validate CREATE": 1}, true},
		"with another owner as well":          {func(p *corev1.Pod) { p.OwnerReferences = append(p.OwnerReferences, other) }, suite.Counts{"pod.validate CREATE": 1}, true},
		"with the label of another Sandbox":   {func(p *corev1.Pod) { p.Labels[sandboxv1.LabelSandboxUID] = "1" }, suite.Counts{"pod.validate CREATE": 1}, false},
		"whose owner does not control it":     {func(p *corev1.Pod) { p.OwnerReferences[0].Controller = nil }, suite.Counts{"pod.validate CREATE": 1}, false},
		"of a Sandbox of somebody else's API": {func(p *corev1.Pod) { p.OwnerReferences[0].APIVersion = "example.com/v1" }, suite.Counts{"pod.validate CREATE": 1}, false},
		"of no Sandbox":                       {func(p *corev1.Pod) { p.OwnerReferences = nil }, suite.Counts{"pod.validate CREATE": 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			pod := rules.NewPod(sandbox)
			tc.change(pod)
			before := suite.Calls(t)
			err := n.Controller.Create(t.Context(), pod, client.DryRunAll)
			if (err != nil) != tc.refused || err != nil && !apierrors.IsInvalid(err) {
				t.Errorf("got %v", err)
			}
			before.Expect(t, suite.Calls, tc.calls)
		})
	}
	before := suite.Calls(t)
	if err := n.Editor.Create(t.Context(), rules.NewPod(sandbox), client.DryRunAll); err != nil {
		t.Error(err)
	}
	before.Expect(t, suite.Calls, suite.Counts{"pod.validate CREATE": 1})
}

func TestTheManagersOwnPodUpdates(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
	n.Step(t, sandbox)
	for name, tc := range map[string]struct {
		change  func(*corev1.Pod)
		calls   suite.Counts
		refused bool
	}{
		"labels":                {change: func(p *corev1.Pod) { p.Labels[sandboxv1.LabelClaimUID] = "1" }},
		"another owner's UID":   {func(p *corev1.Pod) { p.OwnerReferences[0].UID = "1" }, suite.Counts{"pod.validate UPDATE": 1}, true},
		"no owner":              {func(p *corev1.Pod) { p.OwnerReferences = nil }, suite.Counts{"pod.validate UPDATE": 1}, true},
		"an owner's other name": {func(p *corev1.Pod) { p.OwnerReferences[0].Name = "another" }, suite.Counts{"pod.validate UPDATE": 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			pod := suite.Get[corev1.Pod](t, n, "mine")
			base := pod.DeepCopy()
			tc.change(pod)
			before := suite.Calls(t)
			err := n.Controller.Patch(t.Context(), pod, client.MergeFrom(base), client.DryRunAll)
			if (err != nil) != tc.refused {
				t.Errorf("got %v", err)
			}
			before.Expect(t, suite.Calls, tc.calls)
		})
	}
}

func TestTheManagersOwnSandboxes(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	snapshot := rules.NewTemplateSnapshot(suite.Get[extensionsv1.SandboxTemplate](t, n, "python"))
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("claim").Pool("python").Obj())
	for name, tc := range map[string]struct {
		change  func(*sandboxv1.Sandbox)
		calls   suite.Counts
		refused bool
	}{
		"a member":              {change: func(*sandboxv1.Sandbox) {}},
		"with another pod-name": {func(s *sandboxv1.Sandbox) { s.Annotations[sandboxv1.AnnotationPodName] = "another" }, suite.Counts{"sandbox.validate CREATE": 1}, true},
		"without a pod-name":    {func(s *sandboxv1.Sandbox) { delete(s.Annotations, sandboxv1.AnnotationPodName) }, suite.Counts{"sandbox.mutate CREATE": 1}, false},
		"with volumes":          {func(s *sandboxv1.Sandbox) { s.Spec.VolumeClaimTemplates = volumes() }, suite.Counts{"sandbox.validate CREATE": 1}, false},
		"of a claim bound elsewhere": {func(s *sandboxv1.Sandbox) {
			s.OwnerReferences = builder.MakeSandbox("s").ClaimedBy(claim).Obj().OwnerReferences
		}, suite.Counts{"sandbox.validate CREATE": 1}, true},
		"of nobody": {func(s *sandboxv1.Sandbox) { s.OwnerReferences = nil }, suite.Counts{"sandbox.validate CREATE": 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := rules.NewPoolSandbox(pool, snapshot, "aaaaa")
			tc.change(sandbox)
			before := suite.Calls(t)
			err := n.Controller.Create(t.Context(), sandbox, client.DryRunAll)
			if (err != nil) != tc.refused || err != nil && !apierrors.IsInvalid(err) {
				t.Errorf("got %v", err)
			}
			before.Expect(t, suite.Calls, tc.calls)
		})
	}
	before := suite.Calls(t)
	if err := n.Admin.Create(t.Context(), rules.NewPoolSandbox(pool, snapshot, "bbbbb"), client.DryRunAll); !apierrors.IsForbidden(err) {
		t.Errorf("an administrator's member: %v", err)
	}
	before.Expect(t, suite.Calls, suite.Counts{"sandbox.mutate CREATE": 1, "sandbox.validate CREATE": 1})
}

// volumes is a volume template, which another Sandbox could have as well.
func volumes() []sandboxv1.PersistentVolumeClaimTemplate {
	return builder.MakeSandbox("s").VolumeClaimTemplate("data").Obj().Spec.VolumeClaimTemplates
}
