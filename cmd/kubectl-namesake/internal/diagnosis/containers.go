package diagnosis

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
)

// The kubelet's reasons for a container that waits (k8s.io/kubernetes/pkg/kubelet/images, kuberuntime).
var (
	pullReasons = []string{
		"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ErrImageInspect",
		"RegistryUnavailable", "SignatureValidationFailed",
	}
	configReasons = []string{"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
)

const crashLoop = "CrashLoopBackOff"

// waiting is a container that does not run, and why.
type waiting struct {
	name, image, reason, message string
	last                         *corev1.ContainerStateTerminated
}

// waitingContainer returns the first container of the Pod that does not run for one of these reasons, or nil. Init containers come
// first.
func waitingContainer(pod *corev1.Pod, reasons ...string) *waiting {
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for i := range statuses {
			status := &statuses[i]
			if w := status.State.Waiting; w != nil && slices.Contains(reasons, w.Reason) {
				return &waiting{status.Name, imageOf(pod, status.Name), w.Reason, w.Message, status.LastTerminationState.Terminated}
			}
		}
	}
	return nil
}

func imageOf(pod *corev1.Pod, container string) string {
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		if c.Name == container {
			return c.Image
		}
	}
	return ""
}

// imagePull is for an image that cannot be pulled.
func imagePull(s *Snapshot) *Cause {
	pod := livePod(s)
	if pod == nil {
		return nil
	}
	w := waitingContainer(pod, pullReasons...)
	if w == nil {
		return nil
	}
	command, from := s.editPod()
	return &Cause{
		ID: "image", Object: s.pod(), Words: brief(w.message),
		Says:    fmt.Sprintf("image %q of container %q of %s cannot be pulled: %s", w.image, w.name, s.pod(), w.reason),
		Command: command,
		Advice: fmt.Sprintf("correct the image in %s, or its imagePullSecrets%s; if the image is right, the kubelet tries it again by itself "+
			"when the registry has it", from, s.thenAgain()),
	}
}

// containerFails is for a container that does not start, ends again and again, or is not Ready.
func containerFails(s *Snapshot) *Cause {
	pod := livePod(s)
	if pod == nil {
		return nil
	}
	command, from := s.editPod()
	if w := waitingContainer(pod, configReasons...); w != nil {
		return &Cause{
			ID: "container-config", Object: s.pod(), Words: brief(w.message),
			Says:    fmt.Sprintf("container %q of %s cannot be started: %s", w.name, s.pod(), w.reason),
			Command: command, Advice: fmt.Sprintf("create the Secret or ConfigMap that it names, or correct %s%s", from, s.thenAgain()),
		}
	}
	if w := waitingContainer(pod, crashLoop); w != nil {
		words := w.message
		if w.last != nil {
			words = fmt.Sprintf("it ended with exit code %d (%s)", w.last.ExitCode, w.last.Reason)
		}
		return &Cause{
			ID: "container-ends", Object: s.pod(), Words: brief(words),
			Says:    fmt.Sprintf("container %q of %s ends again and again: %s", w.name, s.pod(), w.reason),
			Command: s.kubectl("logs %s --container %s --previous", pod.Name, w.name),
			Advice:  fmt.Sprintf("see why in its log, and correct its command, image or memory in %s%s", from, s.thenAgain()),
		}
	}
	return unready(s, pod)
}

// unready is for a Pod that runs and is not Ready.
func unready(s *Snapshot, pod *corev1.Pod) *Cause {
	if pod.Status.Phase != corev1.PodRunning || podIsReady(pod) {
		return nil
	}
	for i := range pod.Status.ContainerStatuses {
		status := &pod.Status.ContainerStatuses[i]
		if status.State.Running == nil || status.Ready {
			continue
		}
		command, from := s.editPod()
		if words := lastWords(s, s.pod()); words != "" && rules.ControllerOf(pod) != nil {
			return &Cause{
				ID: "not-ready", Object: s.pod(), Words: brief(words),
				Says:    fmt.Sprintf("container %q of %s runs, and its readiness probe does not pass", status.Name, s.pod()),
				Command: s.kubectl("logs %s --container %s", pod.Name, status.Name),
				Advice:  fmt.Sprintf("see its log; if the probe is wrong, correct it: %s (%s)", command, from),
			}
		}
	}
	return nil
}
