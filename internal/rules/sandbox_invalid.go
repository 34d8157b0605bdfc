package rules

import (
	"errors"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
