package faults

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func isTrue(conditions []metav1.Condition, kind string) bool {
	return meta.IsStatusConditionTrue(conditions, kind)
}

// count says whether there are not that many objects of a kind.
func count[T client.Object](w *world, want int) string {
	if got := len(all[T](w)); got != want {
		var kind T
		return fmt.Sprintf("%d of %T, want %d", got, kind, want)
	}
	return ""
}

func nothing[T client.Object](w *world) string { return count[T](w, 0) }

// observer returns a client of those who observe and play the kubelet.
func observer(t *testing.T) client.WithWatch {
	t.Helper()
	return suite.NewPlain(t).Admin
}
