package rules

import (
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// conditionSet builds a list of conditions from scratch: what is not set again is gone. The time of a transition is
// taken from old while the status stays the same.
type conditionSet struct {
	generation int64
	now        time.Time
	old        []metav1.Condition
	list       []metav1.Condition
}

func (s *conditionSet) set(condition metav1.Condition) {
	condition.ObservedGeneration = s.generation
	condition.LastTransitionTime = metav1.NewTime(s.now)
	if before := meta.FindStatusCondition(s.old, condition.Type); before != nil && before.Status == condition.Status {
		condition.LastTransitionTime = before.LastTransitionTime
	}
	s.list = append(s.list, condition)
}

// sameStatus compares two statuses by value; times to the second, as the API server stores them.
func sameStatus[T any](a, b T) bool {
	return equality.Semantic.DeepEqual(a, b)
}
