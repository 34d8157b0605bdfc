package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// leaving are the keys of taints by which a node is given up. Whoever removes nodes sets one before it evicts their Pods, and
// need not cordon the node:
//   - the cluster autoscaler: ToBeDeletedByClusterAutoscaler (cluster-autoscaler/utils/taints in kubernetes/autoscaler; it
//     cordons only with --cordon-node-before-terminating). Its DeletionCandidateOfClusterAutoscaler is not among them: such a
//     node may well stay.
//   - Karpenter: karpenter.sh/disrupted (https://karpenter.sh/docs/concepts/disruption). It evicts no Pod that tolerates this
//     taint, but the node goes from under it.
//   - Kubernetes, of a node that is cordoned, and whoever knows that a node was shut down: node.kubernetes.io/unschedulable and
//     node.kubernetes.io/out-of-service (https://kubernetes.io/docs/reference/labels-annotations-taints).
//
// No other taint is, whatever its effect. One with NoSchedule says nothing of the Pods that are there. Of one with NoExecute
// Kubernetes deletes the Pods that do not tolerate it, and these are not Ready any more; the others, as on nodes that are kept
// for Sandboxes, stay for as long as they tolerate it. On a node that is not ready, or not reached, no Pod is Ready.
var disruptionTaints = []string{
	corev1.TaintNodeUnschedulable, corev1.TaintNodeOutOfService, "ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted",
}

// NodeAcceptsClaims says whether claims get Sandboxes on node. On one that is cordoned, or going, they would not live long.
func NodeAcceptsClaims(node *corev1.Node) bool {
	return !node.Spec.Unschedulable && node.DeletionTimestamp == nil && !slices.ContainsFunc(node.Spec.Taints, isDisruption)
}

func isDisruption(taint corev1.Taint) bool { return slices.Contains(disruptionTaints, taint.Key) }
