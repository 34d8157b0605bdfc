package story

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/e2e/scene"
)

// The NetworkPolicy of a template selects the Pods of its claims. It is created again when someone deletes it, and stays for
// what is left of a deleted template.
func TestTheNetworkPolicyOfATemplate(t *testing.T) {
	s := scene.Enter(t)
	s.Pool(t, "pool", 1)
	s.Create(t, builder.MakePool("empty").Template("pool").Replicas(0).Obj())
	policy := awaitPolicy(t, s, "")
	selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
	if err != nil {
		t.Fatal(err)
	}
	for _, claim := range []*builder.ClaimWrapper{builder.MakeClaim("warm").Pool("pool"), builder.MakeClaim("cold").Pool("empty")} {
		pod := &corev1.Pod{}
		key := client.ObjectKey{Namespace: s.Namespace, Name: ready(t, s, claim.Obj()).sandbox}
		if err := s.Editor.Get(t.Context(), key, pod); err != nil {
			t.Fatal(err)
		}
		if !selector.Matches(labels.Set(pod.Labels)) {
			t.Errorf("the policy selects %s, and Pod %s has %v", selector, pod.Name, pod.Labels)
		}
	}

	s.Delete(t, &networkingv1.NetworkPolicy{}, policy.Name)
	awaitPolicy(t, s, policy.UID)

	s.Delete(t, &extensionsv1.SandboxTemplate{}, "pool")
	awaitThat(t, s, "the garbage collector to be done with the policy", func(err error, policy *networkingv1.NetworkPolicy) bool {
		if err != nil || policy.DeletionTimestamp != nil {
			t.Fatal("the policy went with its template")
		}
		return metav1.GetControllerOf(policy) == nil
	})
}

// awaitPolicy waits until the template "pool" has a policy other than other, and returns it.
func awaitPolicy(t *testing.T, s *scene.Scene, other types.UID) *networkingv1.NetworkPolicy {
	t.Helper()
	return awaitThat(t, s, "the policy of the template", func(err error, policy *networkingv1.NetworkPolicy) bool { return err == nil && policy.UID != other })
}

func awaitThat(t *testing.T, s *scene.Scene, what string, done func(error, *networkingv1.NetworkPolicy) bool) *networkingv1.NetworkPolicy {
	t.Helper()
	policy := &networkingv1.NetworkPolicy{}
	key := client.ObjectKey{Namespace: s.Namespace, Name: "pool" + extensionsv1.NetworkPolicySuffix}
	err := wait.PollUntilContextTimeout(t.Context(), 50*time.Millisecond, scene.Soon, true, func(ctx context.Context) (bool, error) {
		err := s.Editor.Get(ctx, key, policy)
		return done(err, policy), client.IgnoreNotFound(err)
	})
	if err != nil {
		t.Fatalf("waiting for %s: %v", what, err)
	}
	return policy
}
