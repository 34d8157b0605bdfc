package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// TestStripNode checks that no rule reads what the cache drops of a node.
func TestStripNode(t *testing.T) {
	for name, node := range map[string]*builder.NodeWrapper{
		"a node":                    builder.MakeNode("a"),
		"one that is cordoned":      builder.MakeNode("a").Unschedulable(),
		"one that is being deleted": builder.MakeNode("a").Deleting(),
		"one that is drained":       builder.MakeNode("a").Taint("karpenter.sh/disrupted", corev1.TaintEffectNoSchedule),
	} {
		whole := node.ResourceVersion("7").Label("zone", "b").Obj()
		whole.Status.NodeInfo.KernelVersion = "6"
		obj, err := stripNode(whole.DeepCopy())
		stripped, ok := obj.(*corev1.Node)
		if err != nil || !ok {
			t.Fatalf("%s: got %T, %v", name, obj, err)
		}
		if rules.NodeAcceptsClaims(stripped, nil) != rules.NodeAcceptsClaims(whole, nil) || stripped.Name != "a" || stripped.ResourceVersion != "7" {
			t.Errorf("%s: kept %v", name, stripped)
		}
		if len(stripped.Labels) > 0 || stripped.Status.NodeInfo.KernelVersion != "" {
			t.Errorf("%s: kept %v, which nothing reads", name, stripped)
		}
	}
	if got, err := stripNode("a tombstone"); got != "a tombstone" || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestStripPod checks that no rule reads what the cache drops of a Pod.
func TestStripPod(t *testing.T) {
	sandbox := builder.MakeSandbox("a").PodLabel("app", "x").RestartPolicy(corev1.RestartPolicyNever).Obj()
	for name, pod := range map[string]*builder.PodWrapper{
		"that is being deleted":       builder.MakePod("a").ControlledBy(sandbox).Ready().Deleting(),
		"of a task that failed":       builder.MakePod("a").ControlledBy(sandbox).Failed("Evicted", "The node was low on resource: memory."),
		"that failed":                 builder.MakePod("a").ControlledBy(sandbox).RestartPolicy("").Failed("Evicted", "The node was low on resource: memory."),
		"of a task that was rejected": builder.MakePod("a").ControlledBy(sandbox).Failed("OutOfcpu", "Pod was rejected: no"),
		"of a task that was rejected, and had run": builder.MakePod("a").ControlledBy(sandbox).Failed("OutOfcpu", "Pod was rejected: no").
			Container(corev1.ContainerStatus{Name: "main", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}}),
		"whose container waits": builder.MakePod("a").ControlledBy(sandbox).Phase(corev1.PodPending).Container(corev1.ContainerStatus{
			Name: "main", Image: "x", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "not found"}},
		}),
		"whose init container was restarted": builder.MakePod("a").ControlledBy(sandbox).Phase(corev1.PodPending).InitContainer(corev1.ContainerStatus{
			Name: "init", RestartCount: 2,
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 3, Message: "x"}},
		}),
	} {
		t.Run(name, func(t *testing.T) {
			checkStrippedPod(t, sandbox, pod.Annotation("note", "y").ResourceVersion("7").Obj())
		})
	}
	if got, err := stripPod("a tombstone"); got != "a tombstone" || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func checkStrippedPod(t *testing.T, sandbox *sandboxv1.Sandbox, pod *corev1.Pod) {
	t.Helper()
	pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{Name: "healthy", Ready: true, Image: "x"})
	obj, err := stripPod(pod.DeepCopy())
	stripped, ok := obj.(*corev1.Pod)
	if err != nil || !ok {
		t.Fatalf("got %T, %v", obj, err)
	}
	statusOf := func(pod *corev1.Pod) sandboxv1.SandboxStatus {
		return rules.SandboxStatus(sandbox, rules.Observed{Pods: []*corev1.Pod{pod}}, builder.Epoch.Add(time.Hour))
	}
	if diff := cmp.Diff(statusOf(pod), statusOf(stripped)); diff != "" {
		t.Errorf("status (-whole +stripped):\n%s", diff)
	}
	if diff := cmp.Diff(rules.PodMetadataPatch(sandbox, pod), rules.PodMetadataPatch(sandbox, stripped)); diff != "" {
		t.Errorf("patch (-whole +stripped):\n%s", diff)
	}
	if stripped.ResourceVersion != "7" || stripped.DeletionTimestamp.IsZero() != pod.DeletionTimestamp.IsZero() || len(stripped.Spec.Containers) > 0 {
		t.Errorf("kept %v", stripped)
	}
	for _, s := range stripped.Status.ContainerStatuses {
		if s.Name == "healthy" || s.Image != "" {
			t.Errorf("kept %v, which nothing reads", s)
		}
	}
}
