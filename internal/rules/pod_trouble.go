package rules

import (
	"regexp"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// troubleMark stands between what else a message says of a Sandbox and the trouble of a container, which comes last.
const troubleMark = "; "

// withTrouble returns message, that of a Ready condition of sandbox that is not True, with what keeps a container of pod from running
// at the time now. Where the status says the same of this Pod in other words already, those words stay.
func withTrouble(sandbox *sandboxv1.Sandbox, pod *corev1.Pod, message string, now time.Time) string {
	if pod == nil || pod.DeletionTimestamp != nil || endingOf(sandbox, pod) != podLives {
		return message
	}
	trouble := podTrouble(sandbox, pod, now)
	if trouble == "" {
		return message
	}
	before := readyOf(sandbox.Status.Conditions)
	if before != nil && before.Status == metav1.ConditionFalse && sandbox.Status.PodUID == pod.UID {
		if known := troubleIn(before.Message); sameTrouble(known, trouble) {
			trouble = known
		}
	}
	return message + troubleMark + trouble
}

// troubleIn returns what message says of the trouble of a container, or nothing.
func troubleIn(message string) string {
	for _, mark := range []string{initMark, containerMark} {
		if i := strings.Index(message, troubleMark+mark); i >= 0 {
			return message[i+len(troubleMark):]
		}
	}
	return ""
}

// sameTrouble reports whether next says no more than known. Messages of a registry or a runtime have IDs and times that differ at
// each try. A kubelet that leaves out the cause between two tries says less.
func sameTrouble(known, next string) bool {
	if known == "" {
		return false
	}
	if who, _, less := strings.Cut(next, ": "+pullBackOff+": "+backingOff); less && strings.HasPrefix(known, who+": "+pullBackOff+": ") {
		return true
	}
	return changing.ReplaceAllStringFunc(known, blank) == changing.ReplaceAllStringFunc(next, blank)
}

// changing matches the words of a message in which IDs, times and durations can be.
var changing = regexp.MustCompile(`[0-9A-Za-z][0-9A-Za-z:._-]*`)

// blank returns nothing for a word that is an ID or a time: a duration, or a long word of hexadecimal digits or that begins with a
// digit.
func blank(word string) string {
	const idLength = 8
	if _, err := time.ParseDuration(word); err == nil {
		return ""
	}
	isHex := strings.Trim(word, "0123456789abcdefABCDEF-") == ""
	if strings.ContainsAny(word, "0123456789") && len(word) >= idLength && (isHex || word[0] <= '9') {
		return ""
	}
	return word
}

// troubleOf returns why member, which is in a pool and not Ready, does not become Ready, or nothing if its status does not tell: what
// its containers wait for, or how its Pod ended. The random end of its name is left out, which differs for each member.
func troubleOf(member *sandboxv1.Sandbox) string {
	ready := readyOf(member.Status.Conditions)
	switch {
	case ready == nil || ready.Status == metav1.ConditionTrue:
		return ""
	case ready.Reason == sandboxv1.ReasonPodFailed:
		return withoutSuffix(member, Cut(ready.Message, waitMessageLimit))
	}
	return withoutSuffix(member, troubleIn(ready.Message))
}

// containersEnd returns why pod failed, by the first of its containers that ended with an error: the kubelet gives no reason of its
// own then.
func containersEnd(pod *corev1.Pod) (reason, message string) {
	for _, statuses := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for _, s := range TellingContainers(statuses) {
			if ended := s.State.Terminated; ended != nil && ended.ExitCode != 0 {
				return endWord(ended), containerMark + s.Name + "\" ended with " + exitCode(ended)
			}
		}
	}
	return "", ""
}
