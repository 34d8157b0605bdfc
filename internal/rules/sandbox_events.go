package rules

import (
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// SandboxEvent is an event on a Sandbox. Its reason is one of agent-sandbox since its version 1.0.4.
type SandboxEvent struct{ Type, Reason, Action, Note string }

// podCreationError is the error of a Pod that could not be created.
type podCreationError struct {
	pod   string
	cause error
}

func (e *podCreationError) Error() string { return fmt.Sprintf("creating Pod %q: %v", e.pod, e.cause) }

// Unwrap returns the API server's answer.
func (e *podCreationError) Unwrap() error { return e.cause }

// PodCreationError returns the error of the Pod of that name that could not be created because of cause.
func PodCreationError(pod string, cause error) error { return &podCreationError{pod, cause} }

// PodCreated returns the event of the creation of the Pod of sandbox, or nil if there is none.
func PodCreated(sandbox *sandboxv1.Sandbox) *SandboxEvent {
	if !tellsProgress(sandbox) {
		return nil
	}
	return &SandboxEvent{corev1.EventTypeNormal, sandboxv1.EventSandboxPodCreated, "PodCreation", fmt.Sprintf("Created Pod %q", sandbox.Name)}
}

// tellsProgress reports whether sandbox has events about what goes well. A member of a pool has none: nobody waits for it, each
// would be two writes more for a warm claim's replacement, and the pool's status tells. Its events are only warnings.
func tellsProgress(sandbox *sandboxv1.Sandbox) bool { return !IsPool(ControllerOf(sandbox)) }

// SandboxEvents returns the events for the change of a Sandbox's status from that of before to after. observed is what after was
// computed from. What is still as it was, or is only said in other words, gives no event.
func SandboxEvents(before *sandboxv1.Sandbox, after sandboxv1.SandboxStatus, observed Observed) []SandboxEvent {
	events := []SandboxEvent{readyEvent(before, after, &observed), endEvent(before, after, &observed)}
	if !IsSuspended(before) && meta.IsStatusConditionTrue(after.Conditions, sandboxv1.ConditionSuspended) {
		events = append(events, SandboxEvent{corev1.EventTypeNormal, sandboxv1.ReasonSandboxSuspended, "Suspension", "Sandbox is suspended"})
	}
	return slices.DeleteFunc(events, func(e SandboxEvent) bool {
		return e.Reason == "" || e.Type == corev1.EventTypeNormal && !tellsProgress(before)
	})
}

// readyEvent returns the event of a Ready condition that turned, or an empty one.
func readyEvent(before *sandboxv1.Sandbox, after sandboxv1.SandboxStatus, observed *Observed) SandboxEvent {
	was, is := orNone(before.Status.Conditions, sandboxv1.ConditionReady), orNone(after.Conditions, sandboxv1.ConditionReady)
	var creation *podCreationError
	failed := isProblem(is.Reason) && errors.As(observed.Err, &creation)
	again := failed && was.ObservedGeneration != is.ObservedGeneration
	switch turned := was.Reason != is.Reason || was.Status != is.Status; {
	case !turned && !again:
		return SandboxEvent{}
	case failed:
		return SandboxEvent{corev1.EventTypeWarning, sandboxv1.EventSandboxPodCreateFailed, "PodCreation", creation.Error()}
	case is.Reason == sandboxv1.ReasonMultiplePods:
		return SandboxEvent{corev1.EventTypeWarning, sandboxv1.ReasonMultiplePods, "Reconciling", is.Message}
	case is.Reason == sandboxv1.ReasonSandboxExpired && before.Spec.ShutdownPolicy != sandboxv1.ShutdownPolicyDelete:
		return SandboxEvent{corev1.EventTypeNormal, sandboxv1.ReasonSandboxExpired, "Expiry", is.Message}
	case is.Status == metav1.ConditionTrue:
		return SandboxEvent{corev1.EventTypeNormal, sandboxv1.EventSandboxReady, "Reconciling", is.Message}
	}
	return SandboxEvent{}
}

// endEvent returns the event of a Pod whose end after tells and before does not, or an empty one.
func endEvent(before *sandboxv1.Sandbox, after sandboxv1.SandboxStatus, observed *Observed) SandboxEvent {
	finished := meta.FindStatusCondition(after.Conditions, sandboxv1.ConditionFinished)
	record, known := after.Replacements, before.Status.Replacements
	switch pod := observed.Pod(); {
	case finished != nil && !isRecordedFinished(before) && finished.Reason == sandboxv1.ReasonPodSucceeded:
		return SandboxEvent{corev1.EventTypeNormal, sandboxv1.ReasonPodSucceeded, "Reconciling", finished.Message}
	case finished != nil && !isRecordedFinished(before):
		return SandboxEvent{corev1.EventTypeWarning, sandboxv1.ReasonPodFailed, "Reconciling", finished.Message}
	case record == nil || known != nil && known.LastPodUID == record.LastPodUID:
		return SandboxEvent{}
	case endingOf(before, pod) == podReplaced:
		return SandboxEvent{
			corev1.EventTypeWarning, sandboxv1.ReasonPodFailed, "Reconciling", "Pod failed" + inWords(record.LastReason, record.LastMessage),
		}
	}
	return SandboxEvent{}
}

// isProblem reports whether reason is that of a Sandbox that cannot have what it should.
func isProblem(reason string) bool {
	return reason == sandboxv1.ReasonReconcilerError || reason == sandboxv1.ReasonInvalidConfiguration
}

// orNone returns the condition of that type, or an empty one.
func orNone(conditions []metav1.Condition, kind string) metav1.Condition {
	if found := meta.FindStatusCondition(conditions, kind); found != nil {
		return *found
	}
	return metav1.Condition{}
}
