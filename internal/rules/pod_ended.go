package rules

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// podEnding says what becomes of a Sandbox whose Pod is in its state.
type podEnding int

const (
	// podLives: the Pod runs, or will run, or is being deleted before it has ended. The kubelet gives a phase of Succeeded or
	// Failed to a Pod that it stops because it is deleted, too.
	podLives podEnding = iota
	// podReplaced: the Pod has ended, and another takes its place.
	podReplaced
	// podFinished: the Pod has ended, and that is the end of its work.
	podFinished
)

// deadlineExceeded is the kubelet's reason for a Pod that ended at its activeDeadlineSeconds, as its spec asks for.
const deadlineExceeded = "DeadlineExceeded"

// deletions are the reasons of a Pod's DisruptionTarget condition that announce its deletion. The condition's other reason,
// TerminationByKubelet, is for Pods that fail and stay:
// https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
var deletions = []string{
	"DeletionByPodGC", "DeletionByTaintManager", "EvictionByEvictionAPI", corev1.PodReasonPreemptionByScheduler,
}

// endingOf returns what becomes of sandbox, whose Pod is pod or nil.
func endingOf(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) podEnding {
	switch {
	case pod == nil, pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed:
		return podLives
	case pod.DeletionTimestamp != nil && isRecordedFinished(sandbox) && sandbox.Status.PodUID == pod.UID:
		return podFinished
	case pod.DeletionTimestamp != nil:
		return podLives
	case isReplaceable(sandbox, pod):
		return podReplaced
	case pod.Status.Phase == corev1.PodFailed && isAboutToBeDeleted(pod):
		return podLives
	}
	return podFinished
}

// isReplaceable reports whether another Pod takes the place of pod, which has ended. It does if pod is to run always and failed
// nevertheless: its node evicted it, was shut down, or is gone. What runs once, by the word of the Sandbox or of the Pod, which may be
// older than that, is replaced only if it never ran. A Pod that ended at a deadline of its own is not replaced, nor is one that the
// Sandbox keeps. A pool replaces the whole Sandbox.
func isReplaceable(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) bool {
	if pod.Status.Phase != corev1.PodFailed || IsPool(ControllerOf(sandbox)) || KeepsEndedPod(sandbox) {
		return false
	}
	if runsOnce(sandbox) || !isAlways(pod.Spec.RestartPolicy) {
		return neverRan(sandbox, pod)
	}
	return pod.Status.Reason != deadlineExceeded
}

// KeepsEndedPod reports whether sandbox keeps a Pod that failed. A value that CheckKeepEndedPod refuses, and that is stored all the same,
// keeps it: that is the safe side, as its log would be lost.
func KeepsEndedPod(sandbox *sandboxv1.Sandbox) bool {
	value, ok := sandbox.Annotations[sandboxv1.AnnotationKeepEndedPod]
	return ok && value != sandboxv1.KeepEndedPodFalse
}

// CheckKeepEndedPod checks the value of that annotation on obj, a Sandbox, if it has changed. old is nil on create.
func CheckKeepEndedPod(old, obj metav1.Object) field.ErrorList {
	return checkWord(old, obj, sandboxv1.AnnotationKeepEndedPod, sandboxv1.KeepEndedPodTrue, sandboxv1.KeepEndedPodFalse)
}

// isAlways reports whether containers under policy run always, which is the default.
func isAlways(policy corev1.RestartPolicy) bool {
	return policy == "" || policy == corev1.RestartPolicyAlways
}

// isRecordedFinished reports whether the status of sandbox says that its work has ended.
func isRecordedFinished(sandbox *sandboxv1.Sandbox) bool {
	return meta.IsStatusConditionTrue(sandbox.Status.Conditions, sandboxv1.ConditionFinished)
}

// isAboutToBeDeleted reports whether somebody has announced the deletion of pod.
func isAboutToBeDeleted(pod *corev1.Pod) bool {
	disruption := disruptionOf(pod)
	return disruption != nil && slices.Contains(deletions, disruption.Reason)
}

// disruptionOf returns the DisruptionTarget condition of pod if it is True, or nil.
func disruptionOf(pod *corev1.Pod) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue {
			return c
		}
	}
	return nil
}

// whyEnded returns why pod ended, or is taken away: in a word, which may be empty, and in the words of whoever did it.
func whyEnded(pod *corev1.Pod) (reason, message string) {
	reason, message = pod.Status.Reason, pod.Status.Message
	if disruption := disruptionOf(pod); reason == "" && disruption != nil {
		reason, message = disruption.Reason, disruption.Message
	} else if reason == "" {
		reason, message = containersEnd(pod)
	}
	return Cut(reason, endReasonLimit), Cut(message, endMessageLimit)
}

// How long the texts about an end are at the most, in bytes. The CRD has the same bounds, in characters.
const (
	endReasonLimit  = 256
	endMessageLimit = 1024
)

// endOf returns the reason and the message of the end of the work of sandbox, whose Pod is pod or nil. Both are empty if the work
// has not ended.
func endOf(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) (reason, message string) {
	switch {
	case pod == nil && IsDone(sandbox):
		finished := meta.FindStatusCondition(sandbox.Status.Conditions, sandboxv1.ConditionFinished)
		return finished.Reason, finished.Message
	case endingOf(sandbox, pod) != podFinished:
		return "", ""
	case pod.Status.Phase == corev1.PodSucceeded:
		return sandboxv1.ReasonPodSucceeded, "Pod completed successfully"
	}
	return sandboxv1.ReasonPodFailed, "Pod failed" + inWords(whyEnded(pod))
}

// inWords returns reason and message, each after a colon where it is not empty.
func inWords(reason, message string) string {
	switch {
	case reason == "" && message == "":
		return ""
	case reason == "":
		return ": " + message
	case message == "":
		return ": " + reason
	}
	return ": " + reason + ": " + message
}

// backoffAfter returns how long the next Pod waits after inARow ends of young Pods: as for a pool's members, the first time not
// at all.
func backoffAfter(inARow int32) time.Duration {
	if inARow < 2 {
		return 0
	}
	return min(maxEndBackoff, minEndBackoff<<min(inARow-2, 10))
}
