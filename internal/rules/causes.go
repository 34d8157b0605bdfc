package rules

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	// MaxCauses is how many causes a refusal names.
	MaxCauses = 24
	// causeLimit is the maximum length of each part of a cause, in bytes: its field, the value that is wrong, and the detail.
	causeLimit = 512
)

// FirstCauses returns the first MaxCauses of errs, with long texts cut, and the number of the rest. Errors become text in time that
// grows with the square of their number, since Kubernetes looks for duplicates.
func FirstCauses(errs field.ErrorList) (first field.ErrorList, rest int) {
	for _, err := range errs[:min(len(errs), MaxCauses)] {
		short := *err
		short.Field, short.Detail = Cut(err.Field, causeLimit), Cut(err.Detail, causeLimit)
		if value, ok := err.BadValue.(string); ok {
			short.BadValue = Cut(value, causeLimit)
		}
		first = append(first, &short)
	}
	return first, len(errs) - len(first)
}

// Rest says how many more causes there are than were named, for the end of a message; nothing for 0.
func Rest(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and %d more", n)
}

// describe returns what is wrong, as one line.
func describe(errs field.ErrorList) string {
	first, rest := FirstCauses(errs)
	return first.ToAggregate().Error() + Rest(rest)
}
