package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// DisruptionTaints are keys of taints that announce the removal of a node. "example.com/*" stands for all keys of that domain.
type DisruptionTaints []string

// KnownDisruptionTaints are those of the tools that are known to set one. Tools that remove nodes set one before they evict
// the node's Pods, and need not cordon the node:
//   - The cluster autoscaler sets ToBeDeletedByClusterAutoscaler (cluster-autoscaler/utils/taints in
//     kubernetes/autoscaler). It cordons only with --cordon-node-before-terminating. Its
//     DeletionCandidateOfClusterAutoscaler is not in the list, because such a node may well stay.
//   - Karpenter sets karpenter.sh/disrupted (https://karpenter.sh/docs/concepts/disruption), before v1 karpenter.sh/disruption.
//     It does not evict a Pod that tolerates this taint, but it removes the node all the same.
//   - Kubernetes sets node.kubernetes.io/unschedulable on a cordoned node. Administrators or tools set
//     node.kubernetes.io/out-of-service on a node that they know was shut down. A cloud's controller sets
//     node.cloudprovider.kubernetes.io/shutdown on a node whose machine it was told is off
//     (https://kubernetes.io/docs/reference/labels-annotations-taints).
//   - The AWS node termination handler sets spot-itn, scheduled-maintenance, asg-lifecycle-termination or
//     rebalance-recommendation of its own domain, with taintNode (pkg/node of aws/aws-node-termination-handler).
//   - Google sets cloud.google.com/impending-node-termination on a node that is about to be preempted or maintained.
//   - Azure sets remediator.kubernetes.azure.com/unschedulable before a scheduled event (AKS node auto-drain).
//
// No other taint is in the list, whatever its effect. A taint with NoSchedule says nothing about the Pods that are
// already there. For a taint with NoExecute, Kubernetes deletes the Pods that do not tolerate it, and these are not
// Ready any more. Pods that tolerate it, as on nodes that are reserved for Sandboxes, stay as long as they tolerate it.
// On a node that is not ready or not reachable, no Pod is Ready.
var KnownDisruptionTaints = DisruptionTaints{
	corev1.TaintNodeUnschedulable, corev1.TaintNodeOutOfService, "node.cloudprovider.kubernetes.io/shutdown",
	"ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "karpenter.sh/disruption", "aws-node-termination-handler/*",
	"cloud.google.com/impending-node-termination", "remediator.kubernetes.azure.com/unschedulable",
}

// ParseDisruptionTaints reads keys that are separated by commas. Its error says every problem.
func ParseDisruptionTaints(text string) (DisruptionTaints, error) {
	var taints DisruptionTaints
	var errs []error
	for key := range strings.SplitSeq(text, ",") {
		key = strings.TrimSpace(key)
		if key == "" && strings.TrimSpace(text) == "" {
			break
		}
		if !isTaintKey(key) {
			errs = append(errs, fmt.Errorf(
				"found %q, must be the key of a taint, as example.com/draining, or example.com/* for all keys of a domain", key))
		}
		taints = append(taints, key)
	}
	return taints, errors.Join(errs...)
}

func isTaintKey(key string) bool {
	if domain, all := strings.CutSuffix(key, "/*"); all {
		return len(validation.IsDNS1123Subdomain(domain)) == 0
	}
	return len(validation.IsQualifiedName(key)) == 0
}

// has reports whether key is among d.
func (d DisruptionTaints) has(key string) bool {
	return slices.ContainsFunc(d, func(known string) bool {
		domain, all := strings.CutSuffix(known, "*")
		return known == key || all && strings.HasPrefix(key, domain)
	})
}

// NodeAcceptsClaims reports whether claims get Sandboxes on node. Sandboxes on a node that is cordoned or being removed
// would not live long. further are taints that announce a removal, besides the known ones.
func NodeAcceptsClaims(node *corev1.Node, further DisruptionTaints) bool {
	return !node.Spec.Unschedulable && node.DeletionTimestamp == nil &&
		!slices.ContainsFunc(node.Spec.Taints, func(taint corev1.Taint) bool {
			return KnownDisruptionTaints.has(taint.Key) || further.has(taint.Key)
		})
}
