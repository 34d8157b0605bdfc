package rules

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// SandboxStatus returns the status of sandbox, computed from scratch. pod is the Pod that it controls, or nil; problem,
// if not nil, is what keeps the Sandbox from having its Pod.
func SandboxStatus(sandbox *sandboxv1.Sandbox, pod *corev1.Pod, problem error, now time.Time) sandboxv1.SandboxStatus {
	status := sandboxv1.SandboxStatus{Selector: sandbox.Status.Selector}
	conditions := &conditionSet{generation: sandbox.Generation, now: now, old: sandbox.Status.Conditions}
	if sandbox.DeletionTimestamp != nil {
		problem = nil
	}
	ready := sandboxReady(pod, problem)
	if sandbox.DeletionTimestamp != nil && ready.Status == metav1.ConditionTrue {
		ready.Status, ready.Reason, ready.Message = metav1.ConditionFalse, sandboxv1.ReasonDependenciesNotReady, "Sandbox is being deleted"
	}
	conditions.set(ready)
	conditions.set(metav1.Condition{
		Type: sandboxv1.ConditionSuspended, Status: metav1.ConditionFalse,
		Reason: sandboxv1.ReasonNotSuspended, Message: "Sandbox is not suspended",
	})
	if pod != nil {
		status.Selector = labels.Set{sandboxv1.LabelSandboxNameHash: Hash(sandbox.Name)}.String()
		status.NodeName = pod.Spec.NodeName
		status.PodUID = pod.UID
		status.PodIPs = podIPs(pod)
		conditions.set(podScheduled(pod))
		if reason, message := podEnd(pod); reason != "" {
			conditions.set(metav1.Condition{
				Type: sandboxv1.ConditionFinished, Status: metav1.ConditionTrue, Reason: reason, Message: message,
			})
		}
	}
	status.Conditions = conditions.list
	return status
}

// sandboxReady is the Ready condition: a Pod that is Ready, has an address, and is here to stay.
func sandboxReady(pod *corev1.Pod, problem error) metav1.Condition {
	ready := metav1.Condition{Type: sandboxv1.ConditionReady, Status: metav1.ConditionFalse, Reason: sandboxv1.ReasonDependenciesNotReady}
	switch reason, message := podEnd(pod); {
	case problem != nil:
		ready.Reason, ready.Message = sandboxv1.ReasonReconcilerError, fmt.Sprintf("Error seen: %v", problem)
	case pod == nil:
		ready.Message = "Pod does not exist"
	case reason != "":
		ready.Reason, ready.Message = reason, message
	case pod.DeletionTimestamp != nil:
		ready.Message = "Pod is terminating"
	case pod.Status.Phase != corev1.PodRunning:
		ready.Message = fmt.Sprintf("Pod exists with phase: %s", pod.Status.Phase)
	case !podReady(pod):
		ready.Message = "Pod is Running but not Ready"
	case len(pod.Status.PodIPs) == 0:
		ready.Message = "Pod is Ready but has no podIPs yet"
	default:
		ready.Status, ready.Reason, ready.Message = metav1.ConditionTrue, sandboxv1.ReasonDependenciesReady, "Pod is Ready"
	}
	return ready
}

// podEnd returns the reason and message for a Pod that ended by itself, or two empty strings.
func podEnd(pod *corev1.Pod) (reason, message string) {
	switch {
	case pod != nil && pod.Status.Phase == corev1.PodSucceeded:
		return sandboxv1.ReasonPodSucceeded, "Pod completed successfully"
	case pod != nil && pod.Status.Phase == corev1.PodFailed:
		return sandboxv1.ReasonPodFailed, "Pod failed"
	}
	return "", ""
}

func podReady(pod *corev1.Pod) bool {
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// podScheduled mirrors the Pod's own condition.
func podScheduled(pod *corev1.Pod) metav1.Condition {
	mirror := metav1.Condition{
		Type: sandboxv1.ConditionPodScheduled, Status: metav1.ConditionUnknown,
		Reason: sandboxv1.ReasonPodSchedulingUnknown, Message: "Pod has not reported a PodScheduled condition yet",
	}
	for i := range pod.Status.Conditions {
		c := &pod.Status.Conditions[i]
		if c.Type != corev1.PodScheduled {
			continue
		}
		mirror.Status, mirror.Reason, mirror.Message = metav1.ConditionStatus(c.Status), c.Reason, c.Message
		if c.Reason == "" && c.Status == corev1.ConditionTrue {
			mirror.Reason = sandboxv1.ReasonPodScheduled
		} else if c.Reason == "" {
			mirror.Reason = sandboxv1.ReasonPodSchedulingUnknown
		}
	}
	return mirror
}

func podIPs(pod *corev1.Pod) []string {
	var ips []string
	for _, ip := range pod.Status.PodIPs {
		ips = append(ips, ip.IP)
	}
	return ips
}

// SandboxStatusMoved says whether wanted is worth a write over the status that sandbox has. The node alone is not, while
// the Sandbox is not Ready: it comes along with the next write.
func SandboxStatusMoved(sandbox *sandboxv1.Sandbox, wanted sandboxv1.SandboxStatus) bool {
	old := sandbox.Status
	if !meta.IsStatusConditionTrue(wanted.Conditions, sandboxv1.ConditionReady) {
		old.NodeName = wanted.NodeName
	}
	return !sameStatus(old, wanted)
}
