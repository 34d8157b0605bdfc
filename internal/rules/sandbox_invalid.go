package rules

import (
	"errors"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// IsInvalidConfiguration reports whether problem, one error or several joined, says of nothing but objects of a Sandbox that the API
// server finds them invalid. They are made of the Sandbox's spec, so that nothing but a change of that helps. agent-sandbox calls
// that InvalidConfiguration since its version 1.0.4.
//
// A denial is something else, and may end: by a quota, by a webhook, or by a ValidatingAdmissionPolicy, whose denials have the code
// and the reason of an invalid object, too, but not the words.
func IsInvalidConfiguration(problem error) bool {
	if joined, ok := problem.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			if !IsInvalidConfiguration(err) {
				return false
			}
		}
		return len(joined.Unwrap()) > 0
	}
	return IsInvalidObject(problem)
}

// SortedInvalid returns err, for which IsInvalidObject is true, with its causes in order, in its message as well. The API server goes
// through labels and annotations, which are maps, in any order: the same object would be refused in other words each time.
func SortedInvalid(err error) error {
	var api apierrors.APIStatus
	if !errors.As(err, &api) {
		return err
	}
	said := api.Status()
	status := *said.DeepCopy()
	causes := status.Details.Causes
	begin, ordered := strings.CutSuffix(err.Error(), causesInWords(causes))
	if !ordered { // The message says something else than its causes.
		return err
	}
	slices.SortStableFunc(causes, func(a, b metav1.StatusCause) int { return strings.Compare(causeInWords(a), causeInWords(b)) })
	status.Message = begin + causesInWords(causes)
	return &apierrors.StatusError{ErrStatus: status}
}

// causesInWords returns causes as the API server's message has them: each once, and in brackets if there are more than one
// (NewInvalid in k8s.io/apimachinery/pkg/api/errors, and Error of utilerrors.Aggregate).
func causesInWords(causes []metav1.StatusCause) string {
	var words []string
	seen := map[string]bool{}
	for _, cause := range causes {
		if word := causeInWords(cause); !seen[word] {
			words, seen[word] = append(words, word), true
		}
	}
	if len(words) == 1 {
		return words[0]
	}
	return "[" + strings.Join(words, ", ") + "]"
}

func causeInWords(cause metav1.StatusCause) string { return cause.Field + ": " + cause.Message }

// briefInvalid is how much BriefInvalid keeps of a message, in bytes. The API server repeats in it what it found wrong, value by value.
const briefInvalid = 2048

// BriefInvalid returns err, for which IsInvalidObject is true, with no more than the beginning of its message and its first cause. So it
// can be kept, however much is wrong with the object.
func BriefInvalid(err error) error {
	var api apierrors.APIStatus
	if !errors.As(err, &api) {
		return err
	}
	said := api.Status()
	status := *said.DeepCopy()
	status.Message = Cut(err.Error(), briefInvalid)
	status.Details.Causes = slices.Clone(status.Details.Causes[:1])
	status.Details.Causes[0].Message = Cut(status.Details.Causes[0].Message, briefInvalid)
	return &apierrors.StatusError{ErrStatus: status}
}
