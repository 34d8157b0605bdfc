package races

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A policy is deleted after the look and before the creation of the Pod. The look is all that is guaranteed: this Pod comes.
// The next one waits, and the policy comes again.
func TestAPolicyIsDeletedBetweenLookAndCreation(t *testing.T) {
	a := newArena(t)
	first, second := a.Member(t, a.pool, "aaaaa"), a.Member(t, a.pool, "bbbbb")
	a.Settle(t)
	racing := suite.Before(a.ReadYourWrites, suite.Once[*corev1.Pod]("create", func() {
		a.Delete(t, a.Admin, suite.Get[networkingv1.NetworkPolicy](t, a.Namespace, policyName))
	}))
	if _, err := a.Sandboxes(racing).Reconcile(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	suite.Get[corev1.Pod](t, a.Namespace, first.Name)

	a.Step(t, second)
	if err := a.Admin.Get(t.Context(), client.ObjectKeyFromObject(second), &corev1.Pod{}); !apierrors.IsNotFound(err) {
		t.Errorf("reading the Pod that has to wait: %v", err)
	}
	a.Step(t, a.template)
	a.Step(t, second)
	suite.Get[corev1.Pod](t, a.Namespace, second.Name)
}

// The cache has the policy and does not have the template yet, or the other way round. Neither creates an open Pod.
func TestAPodWithAStaleTemplateOrPolicy(t *testing.T) {
	a := newArena(t)
	sandbox := a.Member(t, a.pool, "aaaaa")
	a.Settle(t)
	policy := suite.Get[networkingv1.NetworkPolicy](t, a.Namespace, policyName)
	if _, err := a.Sandboxes(suite.Missing(a.ReadYourWrites, policy)).Reconcile(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}
	if err := a.Admin.Get(t.Context(), client.ObjectKeyFromObject(sandbox), &corev1.Pod{}); !apierrors.IsNotFound(err) {
		t.Errorf("reading the Pod while the cache has no policy: %v", err)
	}
	a.Settle(t)
	if _, err := a.Sandboxes(suite.Missing(a.ReadYourWrites, a.template)).Reconcile(t.Context(), sandbox); err != nil {
		t.Fatal(err)
	}
	if pod := suite.Get[corev1.Pod](t, a.Namespace, sandbox.Name); !rules.ControlledBy(pod, sandbox) {
		t.Error("the Pod is not the Sandbox's")
	}
}
