package reconcile

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// object is a client.Object whose underlying type is T.
type object[T any] interface {
	*T
	client.Object
}

// change changes the object of that name as the administrator, and returns it.
func change[T any, P object[T]](t *testing.T, n *suite.Namespace, name string, do func(P)) P {
	t.Helper()
	obj := suite.Get[T, P](t, n, name)
	base := obj.DeepCopyObject().(client.Object)
	do(obj)
	if err := n.Admin.Patch(t.Context(), obj, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	return obj
}

// operate sets the operating mode of the Sandbox of that name.
func operate(t *testing.T, n *suite.Namespace, name string, mode sandboxv1.OperatingMode) {
	t.Helper()
	change(t, n, name, func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.OperatingMode = mode })
}

// expireAt sets when the Sandbox of that name expires.
func expireAt(t *testing.T, n *suite.Namespace, name string, at time.Time) {
	t.Helper()
	change(t, n, name, func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.ShutdownTime = &metav1.Time{Time: at} })
}

// expectNoWrites fails unless a reconcile of sandbox writes nothing.
func expectNoWrites(t *testing.T, n *suite.Namespace, sandbox *sandboxv1.Sandbox) {
	t.Helper()
	before := suite.Writes(t)
	n.Step(t, sandbox)
	before.Expect(t, suite.Writes, suite.Counts{})
}

// expectStatus compares the whole status of the Sandbox of that name. The status speaks of the generation of which its conditions do.
func expectStatus(t *testing.T, n *suite.Namespace, name string, want sandboxv1.SandboxStatus) {
	t.Helper()
	want.ObservedGeneration = want.Conditions[0].ObservedGeneration
	equal := cmp.Comparer(func(a, b metav1.Time) bool { return a.Equal(&b) })
	if diff := cmp.Diff(want, suite.Get[sandboxv1.Sandbox](t, n, name).Status, equal); diff != "" {
		t.Errorf("status of Sandbox %s (-want +got):\n%s", name, diff)
	}
}

// of returns conditions with that observed generation.
func of(generation int64, conditions ...metav1.Condition) []metav1.Condition {
	for i := range conditions {
		conditions[i].ObservedGeneration = generation
	}
	return conditions
}

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
func expectNone[T any, P object[T]](t *testing.T, n *suite.Namespace, name string) {
	t.Helper()
	obj := P(new(T))
	if err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: name}, obj); !apierrors.IsNotFound(err) {
		t.Errorf("reading %T %s: %v, want none: %v", obj, name, err, obj)
	}
}

// controllerOf returns the owner references of an object that sandbox controls.
func controllerOf(sandbox *sandboxv1.Sandbox) []metav1.OwnerReference {
	return []metav1.OwnerReference{*rules.SandboxOwner(sandbox)}
}

// said returns what the Ready condition says, if a controller has written one.
func said(conditions []metav1.Condition) string {
	ready := meta.FindStatusCondition(conditions, sandboxv1.ConditionReady)
	if ready == nil || !rules.IsReported(conditions) {
		return "nothing"
	}
	return string(ready.Status) + " " + ready.Reason + ": " + ready.Message
}

// measured returns the sum of all series of a counter of controller-runtime.
func measured(t *testing.T, name string) int {
	t.Helper()
	families, err := ctrlmetrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == name {
				sum += metric.GetCounter().GetValue()
			}
		}
	}
	return int(sum)
}
