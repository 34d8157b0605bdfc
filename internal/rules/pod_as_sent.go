package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The API server validates a Pod after its admission, which may have changed it: a LimitRange sets limits, and a webhook or a policy
// of the cluster adds containers or labels. So its answer that a Pod is invalid does not tell whether it was when it was sent. A
// PodTemplate tells: its template is validated in the same way (ValidatePodTemplateSpec in k8s.io/kubernetes/pkg/apis/core/validation),
// and nothing that is for Pods touches it.

// AsPodTemplate returns the PodTemplate to ask, in a dry run, whether pod is valid as it is sent.
func AsPodTemplate(pod *corev1.Pod) *corev1.PodTemplate {
	return &corev1.PodTemplate{
		ObjectMeta: metav1.ObjectMeta{Namespace: pod.Namespace, Name: pod.Name},
		Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: pod.Labels, Annotations: pod.Annotations},
			Spec:       *pod.Spec.DeepCopy(),
		},
	}
}

// PodAsSent is what the answer for AsPodTemplate says of the Pod.
type PodAsSent string

// What the answer says.
const (
	PodAsSentValid   PodAsSent = "Valid"
	PodAsSentInvalid PodAsSent = "Invalid"
	// PodAsSentUnknown: PodTemplates are refused for reasons of their own, or there was no answer.
	PodAsSentUnknown PodAsSent = "Unknown"
)

// JudgePodAsSent returns what answer, the API server's error for AsPodTemplate, says of the Pod. What is wrong with the PodTemplate
// outside of its template came of an admission that is for PodTemplates, too, and says nothing of the Pod.
func JudgePodAsSent(answer error) PodAsSent {
	var api apierrors.APIStatus
	switch {
	case answer == nil:
		return PodAsSentValid
	case IsInvalidObject(answer) && errors.As(answer, &api):
		ours := func(cause metav1.StatusCause) bool { return strings.HasPrefix(cause.Field, "template.") }
		if slices.ContainsFunc(api.Status().Details.Causes, ours) {
			return PodAsSentInvalid
		}
	case IsNameTaken(answer): // It was validated before its name was looked for.
		return PodAsSentValid
	}
	return PodAsSentUnknown
}

// MadeInvalidError returns invalid, the API server's answer that a Pod is invalid, as a refusal for which IsInvalidObject does not hold.
// answer is the one that JudgePodAsSent judged: either the Pod was valid as it was sent, or that is not known.
func MadeInvalidError(invalid, answer error) error {
	why := "it is valid as it was sent: something in the cluster, such as a LimitRange or a webhook, changes it"
	if JudgePodAsSent(answer) != PodAsSentValid {
		why = fmt.Sprintf("it is not known whether it was when it was sent: %v", answer)
	}
	return &madeInvalidError{invalid, why}
}

type madeInvalidError struct {
	invalid error
	why     string
}

func (e *madeInvalidError) Error() string { return fmt.Sprintf("%v (%s)", e.invalid, e.why) }

func (e *madeInvalidError) Unwrap() error { return e.invalid }
