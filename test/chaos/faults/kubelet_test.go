package faults

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestOverdue(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		deletion *metav1.Time
		want     bool
	}{
		"nobody deletes it": {nil, false},
		"it has time left":  {new(metav1.NewTime(now.Add(time.Second))), false},
		"its grace is over": {new(metav1.NewTime(now.Add(-time.Second))), true},
	} {
		if got := overdue(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: c.deletion}}, now); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

func TestMarked(t *testing.T) {
	pod := func(phase corev1.PodPhase, ready, containers corev1.ConditionStatus) *corev1.Pod {
		return &corev1.Pod{Status: corev1.PodStatus{Phase: phase, Conditions: []corev1.PodCondition{
			{Type: corev1.ContainersReady, Status: containers}, {Type: corev1.PodReady, Status: ready},
		}}}
	}
	cases := map[string]struct {
		pod  *corev1.Pod
		want bool
	}{
		"the control plane says that its node is silent": {pod(corev1.PodRunning, corev1.ConditionFalse, corev1.ConditionTrue), true},
		"it is Ready":                      {pod(corev1.PodRunning, corev1.ConditionTrue, corev1.ConditionTrue), false},
		"its containers are not Ready":     {pod(corev1.PodRunning, corev1.ConditionFalse, corev1.ConditionFalse), false},
		"it has ended":                     {pod(corev1.PodFailed, corev1.ConditionFalse, corev1.ConditionTrue), false},
		"nothing is known of it":           {&corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}, false},
		"it is new, and on no node so far": {&corev1.Pod{}, false},
	}
	for name, c := range cases {
		if got := marked(c.pod); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
