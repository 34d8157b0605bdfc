package rules

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// IsTask reports whether the work of sandbox is to end: its Pod has a deadline or is not to run always, or none of its containers is. A
// container's own restartPolicy counts before the Pod's, since Kubernetes 1.35. Init containers do not count: those that run always are
// sidecars, which end with the others.
func IsTask(sandbox *sandboxv1.Sandbox) bool {
	return sandbox.Spec.PodTemplate.Spec.ActiveDeadlineSeconds != nil || runsOnce(sandbox)
}

// runsOnce reports whether the containers of sandbox are not to run always.
func runsOnce(sandbox *sandboxv1.Sandbox) bool {
	spec := &sandbox.Spec.PodTemplate.Spec
	if !isAlways(spec.RestartPolicy) {
		return true
	}
	ends := func(c corev1.Container) bool {
		return c.RestartPolicy != nil && *c.RestartPolicy != corev1.ContainerRestartPolicyAlways
	}
	endless := func(c corev1.Container) bool { return !ends(c) }
	return len(spec.Containers) > 0 && !slices.ContainsFunc(spec.Containers, endless)
}

// isRestarted reports whether the container of that name, of pod, the Pod of sandbox, is restarted whenever it ends. What the container
// says of that itself is known by the template: the cache does not hold the containers of a Pod.
func isRestarted(sandbox *sandboxv1.Sandbox, pod *corev1.Pod, name string) bool {
	template := &sandbox.Spec.PodTemplate.Spec
	for _, c := range slices.Concat(template.InitContainers, template.Containers) {
		if c.Name == name && c.RestartPolicy != nil {
			return *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
		}
	}
	return isAlways(pod.Spec.RestartPolicy)
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

// LooksBeforePod reports whether sandbox is to be read live before it gets a Pod. A task must not run twice. And a Sandbox that has lost
// its Pod may be gone itself: while the cache does not show that, the garbage collector deletes each Pod that it gets, and so it would
// get one after the other. Its first Pod costs no look.
func LooksBeforePod(sandbox *sandboxv1.Sandbox, now time.Time) bool {
	return sandbox.Status.PodUID != "" || IsTask(sandbox) && MayHaveRun(sandbox, now)
}
