package reconcile

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

func isReady(conditions []metav1.Condition) bool {
	return meta.IsStatusConditionTrue(conditions, sandboxv1.ConditionReady)
}
