package faults

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/chaos/observe"
)

// Kubelet does what kwok leaves out. When a node was silent, the control plane says that its Pods are not Ready (MarkPodsNotReady in
// k8s.io/kubernetes/pkg/controller/util/node), and a kubelet that is back says otherwise. A kubelet also ends each Pod whose time is up,
// while kwok forgets those that were deleted when its watch was broken.
type Kubelet struct {
	Admin client.Client
}

// Run looks every two seconds until ctx ends. What fails is tried again with the next look: an API server may be away.
func (k *Kubelet) Run(ctx context.Context) {
	ticker := time.NewTicker(2 * time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			k.look(ctx)
		}
	}
}

func (k *Kubelet) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	nodes, pods := &corev1.NodeList{}, &corev1.PodList{}
	if k.Admin.List(ctx, nodes) != nil || k.Admin.List(ctx, pods) != nil {
		return
	}
	back := map[string]bool{}
	for i := range nodes.Items {
		if nodeReady(&nodes.Items[i]) {
			back[nodes.Items[i].Name] = true
		}
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		if !strings.HasPrefix(pod.Namespace, observe.Prefix) || !back[pod.Spec.NodeName] {
			continue
		}
		switch {
		case marked(pod):
			before := pod.DeepCopy()
			condition := conditionOf(pod.Status.Conditions, corev1.PodReady)
			condition.Status, condition.Reason, condition.Message, condition.LastTransitionTime = corev1.ConditionTrue, "", "", metav1.Now()
			_ = k.Admin.Status().Patch(ctx, pod, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
		case overdue(pod, time.Now()):
			_ = k.Admin.Delete(ctx, pod, client.GracePeriodSeconds(0), client.Preconditions{UID: &pod.UID})
		}
	}
}

// overdue says that a Pod should have ended: its deletionTimestamp is when its grace is over.
func overdue(pod *corev1.Pod, now time.Time) bool {
	return pod.DeletionTimestamp != nil && now.After(pod.DeletionTimestamp.Time)
}

// marked says that a Pod is not Ready although its containers are, which only somebody else than the kubelet says.
func marked(pod *corev1.Pod) bool {
	ready, containers := conditionOf(pod.Status.Conditions, corev1.PodReady), conditionOf(pod.Status.Conditions, corev1.ContainersReady)
	return pod.DeletionTimestamp == nil && pod.Status.Phase == corev1.PodRunning && ready != nil && containers != nil &&
		ready.Status == corev1.ConditionFalse && containers.Status == corev1.ConditionTrue
}

func conditionOf(conditions []corev1.PodCondition, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range conditions {
		if conditions[i].Type == kind {
			return &conditions[i]
		}
	}
	return nil
}

func nodeReady(node *corev1.Node) bool {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
