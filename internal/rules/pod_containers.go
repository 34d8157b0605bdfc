package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

const (
	// tellingLimit is of how many containers of each kind the status is read and kept.
	tellingLimit = 8
	// waitMessageLimit is how much is kept of what the kubelet says about a container that waits, in bytes.
	waitMessageLimit = 512
)

// crashLoop and pullBackOff are the kubelet's reasons for a container that waits until it is tried again.
const crashLoop, pullBackOff = "CrashLoopBackOff", "ImagePullBackOff"

// ordinaryWaits are the reasons of a container whose start goes well.
var ordinaryWaits = []string{"", "ContainerCreating", "PodInitializing"}

// pullFailures are the kubelet's reasons for an image that cannot be pulled. Between two tries the reason is pullBackOff.
var pullFailures = []string{"ErrImagePull", "RegistryUnavailable", "SignatureValidationFailed", pullBackOff}

// TellingContainers returns of statuses, those of a Pod's containers, what this package reads: the containers that wait for a reason,
// that ended with an error, or that were restarted, and of these the first tellingLimit, with short texts. Of a Pod whose
// start goes well it returns nothing, so that a cache that holds the result is hardly larger.
func TellingContainers(statuses []corev1.ContainerStatus) []corev1.ContainerStatus {
	var telling []corev1.ContainerStatus
	for i := range statuses {
		if s := &statuses[i]; len(telling) < tellingLimit && isTelling(s) {
			telling = append(telling, shortContainer(s))
		}
	}
	return telling
}

func isTelling(s *corev1.ContainerStatus) bool {
	waiting, ended := s.State.Waiting, s.State.Terminated
	return s.RestartCount > 0 || waiting != nil && !slices.Contains(ordinaryWaits, waiting.Reason) || ended != nil && ended.ExitCode != 0
}

func shortContainer(s *corev1.ContainerStatus) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		Name: s.Name, Ready: s.Ready, RestartCount: s.RestartCount,
		State: shortState(s.State), LastTerminationState: shortState(s.LastTerminationState),
	}
}

func shortState(s corev1.ContainerState) corev1.ContainerState {
	var short corev1.ContainerState
	if s.Waiting != nil {
		short.Waiting = &corev1.ContainerStateWaiting{Reason: s.Waiting.Reason, Message: Cut(s.Waiting.Message, 2*waitMessageLimit)}
	}
	if s.Running != nil {
		short.Running = &corev1.ContainerStateRunning{StartedAt: s.Running.StartedAt}
	}
	if s.Terminated != nil {
		short.Terminated = &corev1.ContainerStateTerminated{
			ExitCode: s.Terminated.ExitCode, Reason: s.Terminated.Reason, FinishedAt: s.Terminated.FinishedAt,
		}
	}
	return short
}

// podTrouble returns what keeps the containers of pod, the Pod of sandbox, or its init containers, from running at the time now, for the
// first of them that has any trouble. It returns nothing if their start goes well, as far as pod tells.
//
// The text stays the same while a container is tried again and again: it has neither counts nor delays, and names the same state
// whether the container waits, runs for a moment, or has just ended. Otherwise each try would cost a write.
func podTrouble(sandbox *sandboxv1.Sandbox, pod *corev1.Pod, now time.Time) string {
	for _, kind := range []struct {
		mark     string
		statuses []corev1.ContainerStatus
	}{
		{initMark, pod.Status.InitContainerStatuses}, {containerMark, pod.Status.ContainerStatuses},
	} {
		for _, s := range TellingContainers(kind.statuses) {
			if reason, message := containerTrouble(sandbox, pod, &s, now); reason != "" {
				return fmt.Sprintf("%s%s\"", kind.mark, s.Name) + inWords(reason, Cut(message, waitMessageLimit))
			}
		}
	}
	return ""
}

// initMark and containerMark begin what a message says of the trouble of a container.
const initMark, containerMark = `init container "`, `container "`

// containerTrouble returns the reason and the message of what keeps a container of pod from running, or two empty strings.
func containerTrouble(
	sandbox *sandboxv1.Sandbox, pod *corev1.Pod, s *corev1.ContainerStatus, now time.Time,
) (reason, message string) {
	switch waiting := s.State.Waiting; {
	case waiting == nil:
		return endTrouble(sandbox, pod, s, now)
	case slices.Contains(pullFailures, waiting.Reason):
		return pullBackOff, pullCause(waiting.Message)
	case waiting.Reason == crashLoop:
		return crashLoop, howItEnds(s)
	case !slices.Contains(ordinaryWaits, waiting.Reason):
		return waiting.Reason, waiting.Message
	}
	return "", ""
}

// endTrouble is containerTrouble for a container that has ended, or runs.
func endTrouble(
	sandbox *sandboxv1.Sandbox, pod *corev1.Pod, s *corev1.ContainerStatus, now time.Time,
) (reason, message string) {
	running, ended := s.State.Running, s.State.Terminated
	switch {
	case s.Ready:
		return "", ""
	case ended != nil && ended.ExitCode == 0 && !isRestarted(sandbox, pod, s.Name): // It has done its work.
		return "", ""
	case s.RestartCount == 0 && ended != nil && ended.ExitCode != 0:
		return endWord(ended), "it ended with " + exitCode(ended)
	case s.RestartCount == 0:
		return "", ""
	case running != nil && now.Sub(running.StartedAt.Time) >= endReset: // The kubelet has forgotten by then that it was restarted.
		return "", ""
	}
	return crashLoop, howItEnds(s)
}

// howItEnds says how a container that is restarted ended last.
func howItEnds(s *corev1.ContainerStatus) string {
	last := s.State.Terminated
	if last == nil {
		last = s.LastTerminationState.Terminated
	}
	if last == nil {
		return ""
	}
	return fmt.Sprintf("it ends with %s (%s)", exitCode(last), endWord(last))
}

func exitCode(ended *corev1.ContainerStateTerminated) string {
	return fmt.Sprintf("exit code %d", ended.ExitCode)
}

func endWord(ended *corev1.ContainerStateTerminated) string {
	if ended.Reason == "" {
		return "Error"
	}
	return ended.Reason
}

// pullCause returns why an image cannot be pulled. Between two tries, the kubelet says that it backs off, and the cause after that:
// `Back-off pulling image "a": ErrImagePull: not found`. Earlier kubelets leave the cause out.
func pullCause(message string) string {
	rest, backsOff := strings.CutPrefix(message, backingOff)
	if !backsOff {
		return message
	}
	_, cause, said := strings.Cut(rest, `": `)
	if !said {
		return message
	}
	if word, after, more := strings.Cut(cause, ": "); more && slices.Contains(pullFailures, word) {
		return after
	}
	return cause
}

const backingOff = "Back-off pulling image "
