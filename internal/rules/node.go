package rules

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// disruptionTaints are the keys of taints that announce the removal of a node. Tools that remove nodes set one before
// they evict the node's Pods, and need not cordon the node:
//   - The cluster autoscaler sets ToBeDeletedByClusterAutoscaler (cluster-autoscaler/utils/taints in
//     kubernetes/autoscaler). It cordons only with --cordon-node-before-terminating. Its
//     DeletionCandidateOfClusterAutoscaler is not in the list, because such a node may well stay.
//   - Karpenter sets karpenter.sh/disrupted (https://karpenter.sh/docs/concepts/disruption). It does not evict a Pod
//     that tolerates this taint, but it removes the node all the same.
//   - Kubernetes sets node.kubernetes.io/unschedulable on a cordoned node. Administrators or tools set
//     node.kubernetes.io/out-of-service on a node that they know was shut down
//     (https://kubernetes.io/docs/reference/labels-annotations-taints).
//
// No other taint is in the list, whatever its effect. A taint with NoSchedule says nothing about the Pods that are
// already there. For a taint with NoExecute, Kubernetes deletes the Pods that do not tolerate it, and these are not
// Ready any more. Pods that tolerate it, as on nodes that are reserved for Sandboxes, stay as long as they tolerate it.
// On a node that is not ready or not reachable, no Pod is Ready.
var disruptionTaints = []string{
	corev1.TaintNodeUnschedulable, corev1.TaintNodeOutOfService, "ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted",
}

// NodeAcceptsClaims reports whether claims get Sandboxes on node. Sandboxes on a node that is cordoned or being removed
// would not live long.
func NodeAcceptsClaims(node *corev1.Node) bool {
	return !node.Spec.Unschedulable && node.DeletionTimestamp == nil && !slices.ContainsFunc(node.Spec.Taints, isDisruption)
}

func isDisruption(taint corev1.Taint) bool { return slices.Contains(disruptionTaints, taint.Key) }
