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
	// messageLimit is how long the message of a condition may be, in bytes. The API server refuses a longer one, and the whole
	// status with it; its own words, when it refuses something, know no limit.
	messageLimit = 32768
	// reasonLimit is how long a reason may be.
	reasonLimit = 1024
)

// conditionReason is what the reason of a condition looks like.
var conditionReason = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`)

// conditionSet builds a list of conditions from scratch: what is not set again is gone. The time of a transition is
// taken from old while the status stays the same.
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

// Cut returns text, or as much of it as fits into limit bytes, between two characters, and what shows that it goes on.
func Cut(text string, limit int) string {
	const more = "..."
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len(more)], "") + more
}

// sameStatus compares two statuses by value; times to the second, as the API server stores them.
func sameStatus[T any](a, b T) bool {
	return equality.Semantic.DeepEqual(a, b)
}

func sortConditions(conditions []metav1.Condition) {
	slices.SortFunc(conditions, func(a, b metav1.Condition) int { return strings.Compare(a.Type, b.Type) })
}
