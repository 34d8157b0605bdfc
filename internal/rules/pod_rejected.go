package rules

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// rejectedPod begins the message of every Pod that a kubelet rejects (rejectPod in k8s.io/kubernetes/pkg/kubelet): it does not take the
// Pod, whatever the reason.
const rejectedPod = "Pod was rejected: "

// outOf begins a kubelet's reasons for a Pod that it rejects since the node has too little of a resource, as "OutOfcpu".
const outOf = "OutOf"

// rejections are other reasons for which a kubelet rejects a Pod, and does nothing else (k8s.io/kubernetes/pkg/kubelet/lifecycle).
var rejections = []string{"NodeAffinity", "NodePorts", "TopologyAffinityError", "UnexpectedAdmissionError"}

// neverRan reports whether pod, the Pod of sandbox, failed because its kubelet rejected it before any of its containers started. A kubelet
// that starts anew can reject a Pod that has run, and takes back what it said of the containers. Then the status of sandbox tells.
func neverRan(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) bool {
	status := &pod.Status
	isRejected := strings.HasPrefix(status.Message, rejectedPod) || strings.HasPrefix(status.Reason, outOf) ||
		slices.Contains(rejections, status.Reason)
	return status.Phase == corev1.PodFailed && isRejected && len(status.PodIPs) == 0 && !saysItRan(sandbox, pod) &&
		!slices.ContainsFunc(slices.Concat(status.InitContainerStatuses, status.ContainerStatuses), hasStarted)
}

// saysItRan reports whether the status of sandbox says that pod has run: it was Ready, it had an address, or it has ended for good.
func saysItRan(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) bool {
	if sandbox.Status.PodUID != pod.UID {
		return false
	}
	ready := readyOf(sandbox.Status.Conditions)
	isReady := ready != nil && ready.Status == metav1.ConditionTrue
	return isReady || len(sandbox.Status.PodIPs) > 0 || isRecordedFinished(sandbox)
}

// hasStarted reports whether a container of that status has started, now or before.
func hasStarted(s corev1.ContainerStatus) bool {
	return s.RestartCount > 0 || s.State.Running != nil || s.State.Terminated != nil || s.LastTerminationState.Terminated != nil
}

// KeptContainers returns of statuses, those of the containers of a Pod in that phase, what this package reads: the TellingContainers, and
// of a Pod that failed one that has started, if any has.
func KeptContainers(phase corev1.PodPhase, statuses []corev1.ContainerStatus) []corev1.ContainerStatus {
	kept := TellingContainers(statuses)
	if phase != corev1.PodFailed || slices.ContainsFunc(kept, hasStarted) {
		return kept
	}
	if i := slices.IndexFunc(statuses, hasStarted); i >= 0 {
		kept = append(kept, shortContainer(&statuses[i]))
	}
	return kept
}
