package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestHandsOut(t *testing.T) {
	node := func() *builder.NodeWrapper { return builder.MakeNode("n") }
	further := rules.DisruptionTaints{"example.com/draining", "example.org/*"}
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
		"one that an older Karpenter drains":     {node().Taint("karpenter.sh/disruption", corev1.TaintEffectNoSchedule), false},
		"one whose machine a cloud shut down":    {node().Taint("node.cloudprovider.kubernetes.io/shutdown", corev1.TaintEffectNoSchedule), false},
		"one that Google is about to take":       {node().Taint("cloud.google.com/impending-node-termination", corev1.TaintEffectNoSchedule), false},
		"one that Azure drains":                  {node().Taint("remediator.kubernetes.azure.com/unschedulable", corev1.TaintEffectNoSchedule), false},
		"a spot node that Amazon takes back":     {node().Taint("aws-node-termination-handler/spot-itn", corev1.TaintEffectNoExecute), false},
		"one that Amazon may take back":          {node().Taint("aws-node-termination-handler/rebalance-recommendation", corev1.TaintEffectNoSchedule), false},
		"a spot node":                            {node().Taint("kubernetes.azure.com/scalesetpriority", corev1.TaintEffectNoSchedule), true},
		"one that a cloud is still preparing":    {node().Taint("node.cloudprovider.kubernetes.io/uninitialized", corev1.TaintEffectNoSchedule), true},
		"one with a further taint":               {node().Taint("example.com/draining", corev1.TaintEffectNoSchedule), false},
		"one with another of its domain":         {node().Taint("example.com/full", corev1.TaintEffectNoSchedule), true},
		"one with any of a domain":               {node().Taint("example.org/a", corev1.TaintEffectNoSchedule), false},
		"one with one of a domain below":         {node().Taint("a.example.org/a", corev1.TaintEffectNoSchedule), true},
		"one that takes no more Pods":            {node().Taint("full", corev1.TaintEffectNoSchedule), true},
		"one that is kept for Sandboxes":         {node().Taint("sandboxes", corev1.TaintEffectNoExecute), true},
		"one that is not ready":                  {node().Taint("node.kubernetes.io/not-ready", corev1.TaintEffectNoExecute), true},
		"one with more than one taint": {
			node().Taint("sandboxes", corev1.TaintEffectNoExecute).Taint("karpenter.sh/disrupted", corev1.TaintEffectNoSchedule), false,
		},
	} {
		if got := rules.NodeAcceptsClaims(tc.node.Obj(), further); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestParseDisruptionTaints(t *testing.T) {
	for text, want := range map[string]rules.DisruptionTaints{
		"":                                nil,
		" ":                               nil,
		"draining":                        {"draining"},
		"example.com/a, b ,example.org/*": {"example.com/a", "b", "example.org/*"},
	} {
		got, err := rules.ParseDisruptionTaints(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"a,", ",a", "a b", "*", "/*", "example.com/", "Example.com/*", "example.com/a*", "a/b/c", "key=value", "key:NoSchedule"} {
		if got, err := rules.ParseDisruptionTaints(text); err == nil {
			t.Errorf("%q: %q", text, got)
		}
	}
}
