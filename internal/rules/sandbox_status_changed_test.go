package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The status must say how the Pod ended after the Sandbox expired and the Pod is gone, but not once its shutdownTime is
// later again.
func TestHowThePodEndedOutlivesIt(t *testing.T) {
	ended := builder.MakeSandbox("a").Condition("Finished", "True", "PodFailed").ShutdownTime(later)
	for name, tc := range map[string]struct {
		now  time.Time
		want []string
	}{
		"expired": {later, []string{"Ready", "Suspended", "Finished"}},
		"revived": {later.Add(-time.Second), []string{"Ready", "Suspended"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, c := range rules.SandboxStatus(ended.Obj(), rules.Observed{}, tc.now).Conditions {
				got = append(got, c.Type)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
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
			for _, c := range rules.SandboxStatus(base().Obj(), rules.Observed{Pods: []*corev1.Pod{tc.pod.Obj()}}, later).Conditions {
				when := map[bool]string{true: "before", false: "now"}[c.LastTransitionTime.Time.Equal(builder.Epoch)]
				got = append(got, turn{c.Type, string(c.Status), when})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("without its Pod it forgets the Pod and keeps the selector", func(t *testing.T) {
		got := rules.SandboxStatus(base().Obj(), rules.Observed{}, later)
		got.Conditions = nil
		if diff := cmp.Diff(sandboxv1.SandboxStatus{ObservedGeneration: 3, Selector: base().Obj().Status.Selector}, got); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
	})
}

// While the Sandbox is not Ready, a changed node alone must not cause a write. The next write includes it.
func TestSandboxStatusChanged(t *testing.T) {
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
			if got := rules.SandboxStatusChanged(tc.old.Obj(), tc.wanted.Obj().Status); got != tc.want {
				t.Errorf("moved: %t", got)
			}
		})
	}
}
