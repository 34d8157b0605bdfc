package reconcile

import (
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/api/rules"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func isReady(conditions []metav1.Condition) bool {
	return meta.IsStatusConditionTrue(conditions, sandboxv1.ConditionReady)
}

// poolMembers returns the Sandboxes that pool controls.
func poolMembers(t *testing.T, n *suite.Namespace, pool *extensionsv1.SandboxWarmPool) []sandboxv1.Sandbox {
	t.Helper()
	var list sandboxv1.SandboxList
	if err := n.Admin.List(t.Context(), &list, client.InNamespace(n.Name)); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list.Items, func(s sandboxv1.Sandbox) bool { return !rules.ControlledBy(&s, pool) })
}

// expectNone fails unless there is no T of that name.
func expectNone[T any, P interface {
	*T
	client.Object
}](t *testing.T, n *suite.Namespace, name string) {
	t.Helper()
	obj := P(new(T))
	if err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: name}, obj); !apierrors.IsNotFound(err) {
		t.Errorf("reading %T %s: %v, want none: %v", obj, name, err, obj)
	}
}
