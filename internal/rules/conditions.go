package rules

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// messageLimit is the maximum length of a condition's message in bytes. The API server refuses a longer one, and
	// the whole status with it. The API server's own messages of refusal have no limit.
	messageLimit = 32768
	// reasonLimit is the maximum length of a condition's reason.
	reasonLimit = 1024
)

// conditionReason matches the valid reasons of a condition.
var conditionReason = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`)

// conditionSet builds a list of conditions from scratch. A condition that is not set again is gone. A transition time
// is taken from old as long as the status stays the same.
type conditionSet struct {
	generation int64
	now        time.Time
	old        []metav1.Condition
	list       []metav1.Condition
}

func (s *conditionSet) set(condition metav1.Condition) {
	condition.Message = Cut(condition.Message, messageLimit)
	condition.ObservedGeneration = s.generation
	condition.LastTransitionTime = metav1.NewTime(s.now)
	if before := meta.FindStatusCondition(s.old, condition.Type); before != nil && before.Status == condition.Status {
		condition.LastTransitionTime = before.LastTransitionTime
	}
	s.list = append(s.list, condition)
}

// Cut returns text, shortened to limit bytes at a character boundary if it is longer. A shortened text ends in "...".
func Cut(text string, limit int) string {
	const more = "..."
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(more)], "") + more
}

// sameStatus compares two statuses by value. It compares times to the second, as the API server stores them.
func sameStatus[T any](a, b T) bool {
	return equality.Semantic.DeepEqual(a, b)
}

func sortConditions(conditions []metav1.Condition) {
	slices.SortFunc(conditions, func(a, b metav1.Condition) int { return strings.Compare(a.Type, b.Type) })
}
