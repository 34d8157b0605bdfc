package rules

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
)

// PoolEvent is an event on a pool.
type PoolEvent struct{ Type, Reason, Note string }

// NextPoolEvent returns the event for the change of a pool's status from before to after, or nil. It says that the pool
// no longer makes progress, and why, or that it makes progress again.
func NextPoolEvent(before, after extensionsv1.SandboxWarmPoolStatus) *PoolEvent {
	old := meta.FindStatusCondition(before.Conditions, extensionsv1.ConditionProgressing)
	progress := meta.FindStatusCondition(after.Conditions, extensionsv1.ConditionProgressing)
	wasStopped := old != nil && old.Status == metav1.ConditionFalse
	switch stopped := progress.Status == metav1.ConditionFalse; {
	case !stopped && wasStopped:
		return &PoolEvent{corev1.EventTypeNormal, "WarmPoolProgressing", "Warm pool is progressing again"}
	case !stopped || (wasStopped && old.Reason == progress.Reason):
		return nil
	case progress.Reason == extensionsv1.ReasonSandboxRefused:
		return &PoolEvent{corev1.EventTypeWarning, progress.Reason, progress.Message}
	}
	return &PoolEvent{corev1.EventTypeWarning, "WarmPoolNotProgressing", progress.Message}
}
