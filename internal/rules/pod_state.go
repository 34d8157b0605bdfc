package rules

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

func podReady(pod *corev1.Pod) bool {
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// podScheduled mirrors the PodScheduled condition of pod. A Pod's conditions are less strict than a Sandbox's. A status
// that a Sandbox cannot have becomes Unknown, with the Pod's message.
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
		mirror.Status, mirror.Reason, mirror.Message = metav1.ConditionUnknown, sandboxv1.ReasonPodSchedulingUnknown, c.Message
		if c.Status == corev1.ConditionTrue || c.Status == corev1.ConditionFalse {
			mirror.Status = metav1.ConditionStatus(c.Status)
		}
		if c.Reason == "" && c.Status == corev1.ConditionTrue {
			mirror.Reason = sandboxv1.ReasonPodScheduled
		} else if conditionReason.MatchString(c.Reason) && len(c.Reason) <= reasonLimit {
			mirror.Reason = c.Reason
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
