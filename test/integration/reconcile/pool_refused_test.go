package reconcile

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

const counted = corev1.ResourceName("count/sandboxes." + sandboxv1.GroupName)

// quota allows the namespace hard Sandboxes, of which it has used. No controller counts them here.
func (s *poolStory) quota(t *testing.T, hard, used string) {
	t.Helper()
	limit := corev1.ResourceList{counted: resource.MustParse(hard)}
	quota := &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Namespace: s.Name, Name: "small"}}
	if err := s.Admin.Get(t.Context(), client.ObjectKeyFromObject(quota), quota); client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	} else if err != nil {
		suite.Create(t, s.Namespace, s.Admin, quota)
	}
	quota.Spec.Hard = limit
	if err := s.Admin.Update(t.Context(), quota); err != nil {
		t.Fatal(err)
	}
	quota.Status = corev1.ResourceQuotaStatus{Hard: limit, Used: corev1.ResourceList{counted: resource.MustParse(used)}}
	if err := s.Admin.Status().Update(t.Context(), quota); err != nil {
		t.Fatal(err)
	}
}

// A quota is too small for the pool. The pool reports that once, retries with backoff, and goes on when there is room.
func TestAPoolThatIsRefused(t *testing.T) {
	s := newPoolStory(t, 2, recreate)
	s.quota(t, "1", "0")
	for range 3 {
		if _, err := s.try(t); !apierrors.IsForbidden(err) {
			t.Fatalf("got %v, want what the API server said: the queue then tries again, later and later", err)
		}
		s.now = s.now.Add(time.Second)
	}
	if got := s.members(t); len(got) != 1 {
		t.Fatalf("%d members, want 1", len(got))
	}
	refused := fmt.Sprintf(`Creating a Sandbox failed: sandboxes.agents.x-k8s.io "test-pool-*" is forbidden: `+
		"exceeded quota: small, requested: %s=1, used: %s=1, limited: %s=1", counted, counted, counted)
	s.expect(t, 1, 0, 1,
		condition("Progressing", metav1.ConditionFalse, "SandboxRefused", refused, s.at(0)),
		condition("Ready", metav1.ConditionFalse, "PoolNotReady", "0 of 2 Sandboxes are Ready", s.at(0)))
	expectEvents(t, s.Namespace, "Warning SandboxRefused "+refused)
	quiet := suite.Writes(t)
	if _, err := s.try(t); err == nil {
		t.Error("it is not refused any more")
	}
	quiet.Expect(t, suite.Writes, suite.Counts{"POST sandboxes": 1})
	held := suite.Writes(t)
	if result := s.step(t); result.RequeueAfter <= 0 || result.RequeueAfter > time.Minute {
		t.Errorf("what wakes it meanwhile tries nothing, and it goes on after %s", result.RequeueAfter)
	}
	held.Expect(t, suite.Writes, suite.Counts{})

	s.quota(t, "10", "1")
	s.now = s.now.Add(time.Second)
	s.step(t)
	s.ready(t, s.members(t)...)
	s.step(t)
	s.expect(t, 2, 2, 1,
		condition("Progressing", metav1.ConditionTrue, "PoolComplete", "All 2 Sandboxes are Ready", s.at(4*time.Second)),
		condition("Ready", metav1.ConditionTrue, "PoolReady", "2 of 2 Sandboxes are Ready", s.at(4*time.Second)))
	expectEvents(t, s.Namespace, "Normal WarmPoolProgressing Warm pool is progressing again")
}

// Where the successor is refused, an outdated or late member stays: it can be claimed, or can still become Ready.
func TestWhatCannotBeReplacedStays(t *testing.T) {
	s := newPoolStory(t, 4, recreate)
	s.step(t)
	members := s.members(t)
	s.ready(t, members[1:]...)
	s.quota(t, "3", "4")
	s.Delete(t, s.Editor, members[3])
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Spec.PodTemplate.Spec.Containers[0].Image = "python:3.14-slim"
	})
	s.now = s.now.Add(time.Hour)
	for range 3 {
		if _, err := s.try(t); !apierrors.IsForbidden(err) {
			t.Fatal(err)
		}
		s.now = s.now.Add(time.Second)
	}
	if diff := cmp.Diff(names(members[:3]), names(s.members(t))); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}
