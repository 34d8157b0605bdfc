package rules

import (
	"math"

	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// restartsOf returns what the status of sandbox says about restarts of the containers of pod, or nil if there were none. Of a member
// of a pool it says nothing: nobody's state was lost, and a member that is restarted again and again would cost a write each time.
// Init containers are no part of it, since no state is lost with them.
func restartsOf(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) *sandboxv1.ContainerRestarts {
	if pod == nil || IsPool(ControllerOf(sandbox)) {
		return nil
	}
	var restarts sandboxv1.ContainerRestarts
	for _, s := range TellingContainers(pod.Status.ContainerStatuses) {
		if s.RestartCount <= 0 {
			continue
		}
		restarts.Count += min(s.RestartCount, math.MaxInt32-restarts.Count)
		if last := s.LastTerminationState.Terminated; last != nil && endedAfter(last, &restarts) {
			restarts.LastContainer, restarts.LastReason, restarts.LastExitCode = s.Name, Cut(last.Reason, endReasonLimit), last.ExitCode
			restarts.LastFinishedAt = nil
			if !last.FinishedAt.IsZero() {
				restarts.LastFinishedAt = last.FinishedAt.DeepCopy()
			}
		}
	}
	if restarts.Count == 0 {
		return nil
	}
	return &restarts
}

// endedAfter reports whether ended, the end of a container, came after the last one in restarts.
func endedAfter(ended *corev1.ContainerStateTerminated, restarts *sandboxv1.ContainerRestarts) bool {
	switch {
	case restarts.LastContainer == "":
		return true
	case restarts.LastFinishedAt == nil:
		return !ended.FinishedAt.IsZero()
	}
	return ended.FinishedAt.After(restarts.LastFinishedAt.Time)
}
