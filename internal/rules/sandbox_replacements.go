package rules

import (
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// replacementsOf returns what the status of sandbox says at the time now about Pods that were replaced. observed has its Pod.
// Each Pod counts once: when it has ended and is about to be replaced, or when it is being deleted by somebody who says why.
func replacementsOf(sandbox *sandboxv1.Sandbox, observed *Observed, now time.Time) *sandboxv1.PodReplacements {
	before, pod := sandbox.Status.Replacements, observed.Pod()
	switch {
	case pod == nil, Suspended(sandbox), sandbox.DeletionTimestamp != nil, !isLost(sandbox, pod):
		return before.DeepCopy()
	case before != nil && before.LastPodUID == pod.UID:
		return before.DeepCopy()
	}
	next := &sandboxv1.PodReplacements{Count: 1, LastPodUID: pod.UID, LastTime: metav1.NewTime(now)}
	next.LastReason, next.LastMessage = whyEnded(pod)
	if before != nil {
		next.Count = min(before.Count, math.MaxInt32-1) + 1
	}
	if now.Sub(pod.CreationTimestamp.Time) < endReset {
		next.InARow = 1
		if before != nil {
			next.InARow = min(before.InARow, math.MaxInt32-1) + 1
		}
	}
	return next
}

// isLost reports whether another Pod takes the place of pod, for a reason that is known.
func isLost(sandbox *sandboxv1.Sandbox, pod *corev1.Pod) bool {
	ending := endingOf(sandbox, pod)
	return ending == podReplaced || ending == podLives && pod.DeletionTimestamp != nil && disruptionOf(pod) != nil
}

// ReplacePodIn returns whether pod, which has ended, is to be deleted, so that another takes its place, and in what time. The
// status of sandbox says since when that is known. As long as it does not, nothing is deleted.
func ReplacePodIn(sandbox *sandboxv1.Sandbox, pod *corev1.Pod, now time.Time) (wait time.Duration, replace bool) {
	record := sandbox.Status.Replacements
	switch {
	case sandbox.DeletionTimestamp != nil, Suspended(sandbox), Expired(sandbox, now), endingOf(sandbox, pod) != podReplaced:
		return 0, false
	case record == nil || record.LastPodUID != pod.UID:
		return 0, false
	}
	return max(0, record.LastTime.Add(backoffAfter(record.InARow)).Sub(now)), true
}

// withReplacement adds to message, that of a Ready condition of sandbox that is not True, why its last Pod was replaced. It does so
// until the Sandbox is Ready again.
func withReplacement(
	sandbox *sandboxv1.Sandbox, record *sandboxv1.PodReplacements, pod *corev1.Pod, message string,
) string {
	if record == nil || hasBeenReadySince(sandbox, record) {
		return message
	}
	why := inWords(record.LastReason, record.LastMessage)
	if pod != nil && pod.UID == record.LastPodUID {
		return message + why
	}
	return message + "; the last Pod ended" + why
}

// hasBeenReadySince reports whether sandbox was Ready after record's last replacement began.
func hasBeenReadySince(sandbox *sandboxv1.Sandbox, record *sandboxv1.PodReplacements) bool {
	before := sandbox.Status.Replacements
	ready := readyOf(sandbox.Status.Conditions)
	switch {
	case before == nil || before.LastPodUID != record.LastPodUID: // It begins now.
		return false
	case ready == nil:
		return false
	}
	return ready.Status == metav1.ConditionTrue || ready.LastTransitionTime.After(record.LastTime.Time)
}
