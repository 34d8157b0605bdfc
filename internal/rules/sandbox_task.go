package rules

import (
	"time"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// IsTask reports whether the work of sandbox is to end: its containers are not to run always.
func IsTask(sandbox *sandboxv1.Sandbox) bool {
	return !isAlways(sandbox.Spec.PodTemplate.Spec.RestartPolicy)
}

// IsDone reports whether sandbox is a task that has finished. A task runs once: it gets no other Pod, whatever becomes of the one in
// which it ran. That it has finished is known by its status alone.
func IsDone(sandbox *sandboxv1.Sandbox) bool { return IsTask(sandbox) && isRecordedFinished(sandbox) }

// MayHaveRun reports whether sandbox may have had a Pod before, so that a stale view of it may not show that it is done. A Sandbox
// without a status that was created just now cannot: in that time no Pod starts, finishes and goes, and no other replica begins to
// lead.
func MayHaveRun(sandbox *sandboxv1.Sandbox, now time.Time) bool {
	return IsReported(sandbox.Status.Conditions) || now.Sub(sandbox.CreationTimestamp.Time) >= DefaultQuietStart
}
