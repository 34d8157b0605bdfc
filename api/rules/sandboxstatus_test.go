package rules_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// later is when a status is computed in these tests; conditions of before are of builder.Epoch.
var later = builder.Epoch.Add(time.Hour)

// condition makes one that turned at the time given, for generation 3.
func condition(kind, status, reason, message string, at time.Time) metav1.Condition {
	return metav1.Condition{
		Type: kind, Status: metav1.ConditionStatus(status), Reason: reason, Message: message, ObservedGeneration: 3, LastTransitionTime: metav1.NewTime(at),
	}
}

func TestSandboxStatus(t *testing.T) {
	sandbox := builder.MakeSandbox("my-sandbox").Generation(3)
	pod := func() *builder.PodWrapper { return builder.MakePod("my-sandbox") }
	notSuspended := condition("Suspended", "False", "NotSuspended", "Sandbox is not suspended", later)
	scheduled := condition("PodScheduled", "True", "PodScheduled", "", later)
	unreported := condition("PodScheduled", "Unknown", "PodSchedulingUnknown", "Pod has not reported a PodScheduled condition yet", later)
	notReady := func(reason, message string) metav1.Condition {
		return condition("Ready", "False", reason, message, later)
	}
	// of is the status of a Sandbox that sees its Pod.
	of := func(node string, ips []string, conditions ...metav1.Condition) sandboxv1.SandboxStatus {
		return sandboxv1.SandboxStatus{
			Selector: "agents.x-k8s.io/sandbox-name-hash=374de8f5", PodUID: "pod-my-sandbox-uid", NodeName: node, PodIPs: ips, Conditions: conditions,
		}
	}
	const node, ip = builder.DefaultNode, builder.DefaultPodIP
	for name, tc := range map[string]struct {
		pod     *builder.PodWrapper
		problem error
		want    sandboxv1.SandboxStatus
	}{
		"no Pod": {
			want: sandboxv1.SandboxStatus{Conditions: []metav1.Condition{notReady("DependenciesNotReady", "Pod does not exist"), notSuspended}},
		},
		"no Pod, for a reason": {
			problem: errors.New("quota exceeded"),
			want:    sandboxv1.SandboxStatus{Conditions: []metav1.Condition{notReady("ReconcilerError", "Error seen: quota exceeded"), notSuspended}},
		},
		"a Pod that says nothing yet": {
			pod:  pod().Phase(corev1.PodPending),
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended, unreported),
		},
		"a Pod without a phase": {
			pod:  pod(),
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: "), notSuspended, unreported),
		},
		"a Pod that fits nowhere": {
			pod: pod().Phase(corev1.PodPending).Conditions(corev1.PodCondition{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available",
			}),
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended,
				condition("PodScheduled", "False", "Unschedulable", "0/3 nodes are available", later)),
		},
		"a Pod that fits nowhere and does not say why": {
			pod: pod().Phase(corev1.PodPending).Condition(corev1.PodScheduled, corev1.ConditionFalse),
			want: of("", nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended,
				condition("PodScheduled", "False", "PodSchedulingUnknown", "", later)),
		},
		"a Pod that has a node": {
			pod:  pod().Phase(corev1.PodPending).Node(node),
			want: of(node, nil, notReady("DependenciesNotReady", "Pod exists with phase: Pending"), notSuspended, scheduled),
		},
		"a Pod that runs": {
			pod:  pod().Phase(corev1.PodRunning).Node(node).IP(ip),
			want: of(node, []string{ip}, notReady("DependenciesNotReady", "Pod is Running but not Ready"), notSuspended, scheduled),
		},
		"a Pod that runs and is not Ready any more": {
			pod:  pod().Ready().Condition(corev1.PodReady, corev1.ConditionFalse),
			want: of(node, []string{ip}, notReady("DependenciesNotReady", "Pod is Running but not Ready"), notSuspended, scheduled),
		},
		"a Ready Pod without an address": {
			pod:  pod().Ready().IP(),
			want: of(node, nil, notReady("DependenciesNotReady", "Pod is Ready but has no podIPs yet"), notSuspended, scheduled),
		},
		"a Ready Pod": {
			pod:  pod().Ready().IP("10.0.0.7", "fd00::7"),
			want: of(node, []string{"10.0.0.7", "fd00::7"}, condition("Ready", "True", "DependenciesReady", "Pod is Ready", later), notSuspended, scheduled),
		},
		"a Ready Pod that is terminating": {
			pod:  pod().Ready().Deleting(),
			want: of(node, []string{ip}, notReady("DependenciesNotReady", "Pod is terminating"), notSuspended, scheduled),
		},
		"a Ready Pod, and a problem": {
			pod: pod().Ready(), problem: errors.New("labels refused"),
			want: of(node, []string{ip}, notReady("ReconcilerError", "Error seen: labels refused"), notSuspended, scheduled),
		},
		"a Pod that succeeded": {
			pod: pod().Ready().Phase(corev1.PodSucceeded),
			want: of(node, []string{ip}, notReady("PodSucceeded", "Pod completed successfully"), notSuspended, scheduled,
				condition("Finished", "True", "PodSucceeded", "Pod completed successfully", later)),
		},
		"a Pod that failed, and is being deleted": {
			pod: pod().Ready().Phase(corev1.PodFailed).Deleting(),
			want: of(node, []string{ip}, notReady("PodFailed", "Pod failed"), notSuspended, scheduled,
				condition("Finished", "True", "PodFailed", "Pod failed", later)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			var pod *corev1.Pod
			if tc.pod != nil {
				pod = tc.pod.Obj()
			}
			obj := sandbox.Obj()
			got := rules.SandboxStatus(obj, pod, tc.problem, later)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if !rules.SandboxStatusMoved(obj, got) {
				t.Error("the status is not written")
			}
			obj.Status = got
			if again := rules.SandboxStatus(obj, pod, tc.problem, later.Add(time.Hour)); rules.SandboxStatusMoved(obj, again) {
				t.Errorf("a second pass would write again:\n%s", cmp.Diff(got, again))
			}
		})
	}
}

func TestSandboxStatusFromBefore(t *testing.T) {
	base := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("a").Generation(3).Ready().Condition("Suspended", "False", "NotSuspended").
			Condition("PodScheduled", "True", "PodScheduled").Condition("Finished", "True", "PodFailed").Condition("Custom", "True", "Other")
	}
	type turn struct{ Type, Status, When string }
	for name, tc := range map[string]struct {
		pod  *builder.PodWrapper
		want []turn
	}{
		"what stays as it was keeps its time, and what is not said again is gone": {
			pod: builder.MakePod("a").Ready(), want: []turn{{"Ready", "True", "before"}, {"Suspended", "False", "before"}, {"PodScheduled", "True", "before"}},
		},
		"what turns has the time of now": {
			pod: builder.MakePod("a").Phase(corev1.PodPending), want: []turn{{"Ready", "False", "now"}, {"Suspended", "False", "before"}, {"PodScheduled", "Unknown", "now"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []turn
			for _, c := range rules.SandboxStatus(base().Obj(), tc.pod.Obj(), nil, later).Conditions {
				when := map[bool]string{true: "before", false: "now"}[c.LastTransitionTime.Time.Equal(builder.Epoch)]
				got = append(got, turn{c.Type, string(c.Status), when})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("without its Pod it forgets the Pod and keeps the selector", func(t *testing.T) {
		got := rules.SandboxStatus(base().Obj(), nil, nil, later)
		got.Conditions = nil
		if diff := cmp.Diff(sandboxv1.SandboxStatus{Selector: base().Obj().Status.Selector}, got); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
	})
}

// A node alone is not worth a write while the Sandbox is not Ready: it rides on the next one.
func TestSandboxStatusMoved(t *testing.T) {
	ready := builder.MakeSandbox("a").Ready()
	starting := builder.MakeSandbox("a").Condition("Ready", "False", "DependenciesNotReady")
	for name, tc := range map[string]struct {
		old, wanted *builder.SandboxWrapper
		want        bool
	}{
		"nothing":                         {ready, builder.MakeSandbox("a").Ready(), false},
		"the node, while starting":        {starting, builder.MakeSandbox("a").Condition("Ready", "False", "DependenciesNotReady").Node("n"), false},
		"the node, once Ready":            {ready, builder.MakeSandbox("a").Node("n").Ready(), true},
		"the node, and Ready":             {starting, builder.MakeSandbox("a").Node("n").Ready(), true},
		"the Pod, while starting":         {starting, builder.MakeSandbox("a").Condition("Ready", "False", "DependenciesNotReady").PodUID("new"), true},
		"the addresses, while starting":   {starting, builder.MakeSandbox("a").Condition("Ready", "False", "DependenciesNotReady").PodIPs("10.0.0.1"), true},
		"a reason":                        {starting, builder.MakeSandbox("a").Condition("Ready", "False", "PodFailed"), true},
		"the generation":                  {ready, builder.MakeSandbox("a").Generation(2).Ready(), true},
		"Ready no more, and off its node": {ready, builder.MakeSandbox("a").Condition("Ready", "False", "DependenciesNotReady"), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.SandboxStatusMoved(tc.old.Obj(), tc.wanted.Obj().Status); got != tc.want {
				t.Errorf("moved: %t", got)
			}
		})
	}
}
