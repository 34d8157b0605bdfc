package rules_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestHandsOut(t *testing.T) {
	node := func() *builder.NodeWrapper { return builder.MakeNode("n") }
	for name, tc := range map[string]struct {
		node *builder.NodeWrapper
		want bool
	}{
		"a node":                                 {node(), true},
		"one that is cordoned":                   {node().Unschedulable(), false},
		"one that is being deleted":              {node().Deleting(), false},
		"one that Kubernetes says is cordoned":   {node().Taint("node.kubernetes.io/unschedulable", corev1.TaintEffectNoSchedule), false},
		"one that was shut down":                 {node().Taint("node.kubernetes.io/out-of-service", corev1.TaintEffectNoExecute), false},
		"one that the cluster autoscaler drains": {node().Taint("ToBeDeletedByClusterAutoscaler", corev1.TaintEffectNoSchedule), false},
		"one that it may drain":                  {node().Taint("DeletionCandidateOfClusterAutoscaler", corev1.TaintEffectPreferNoSchedule), true},
		"one that Karpenter drains":              {node().Taint("karpenter.sh/disrupted", corev1.TaintEffectNoSchedule), false},
		"one that takes no more Pods":            {node().Taint("full", corev1.TaintEffectNoSchedule), true},
		"one that is kept for Sandboxes":         {node().Taint("sandboxes", corev1.TaintEffectNoExecute), true},
		"one that is not ready":                  {node().Taint("node.kubernetes.io/not-ready", corev1.TaintEffectNoExecute), true},
		"one with more than one taint": {
			node().Taint("sandboxes", corev1.TaintEffectNoExecute).Taint("karpenter.sh/disrupted", corev1.TaintEffectNoSchedule), false,
		},
	} {
		if got := rules.NodeAcceptsClaims(tc.node.Obj()); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
