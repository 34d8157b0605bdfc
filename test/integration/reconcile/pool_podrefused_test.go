package reconcile

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// noPods sets a quota of no Pods, and returns what sets it to a thousand.
func noPods(t *testing.T, s *poolStory) (lift func()) {
	t.Helper()
	quota := suite.Create(t, s.Namespace, s.Admin, &corev1.ResourceQuota{ObjectMeta: metav1.ObjectMeta{Name: "no-pods"}})
	set := func(hard string) {
		limit := corev1.ResourceList{corev1.ResourcePods: resource.MustParse(hard)}
		quota.Spec.Hard = limit
		if err := s.Admin.Update(t.Context(), quota); err != nil {
			t.Fatal(err)
		}
		quota.Status = corev1.ResourceQuotaStatus{Hard: limit, Used: corev1.ResourceList{corev1.ResourcePods: resource.MustParse("0")}}
		if err := s.Admin.Status().Update(t.Context(), quota); err != nil {
			t.Fatal(err)
		}
	}
	set("0")
	s.awaitPods(t, false)
	return func() {
		set("1000")
		s.awaitPods(t, true)
	}
}

// noPrivileges sets the Pod Security Standard that the template does not meet, and returns what takes it back.
func noPrivileges(t *testing.T, s *poolStory) (lift func()) {
	t.Helper()
	set := func(level string) {
		namespace := &corev1.Namespace{}
		if err := s.Admin.Get(t.Context(), client.ObjectKey{Name: s.Name}, namespace); err != nil {
			t.Fatal(err)
		}
		namespace.Labels["pod-security.kubernetes.io/enforce"] = level
		if err := s.Admin.Update(t.Context(), namespace); err != nil {
			t.Fatal(err)
		}
	}
	set("restricted")
	s.awaitPods(t, false)
	return func() {
		set("privileged")
		s.awaitPods(t, true)
	}
}

func noImages(t *testing.T, s *poolStory) (lift func()) {
	t.Helper()
	return deny(t, s.Namespace, metav1.Status{Code: http.StatusForbidden}, registrationv1.Create, "", "pods", s.probe)
}

// probe creates a Pod in a dry run.
func (s *poolStory) probe(ctx context.Context) error {
	return s.Admin.Create(ctx, builder.MakePod("probe").Namespace(s.Name).Obj(), client.DryRunAll)
}

// awaitPods waits until the API server accepts, or does not accept, Pods.
func (s *poolStory) awaitPods(t *testing.T, want bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), 10*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		err := s.probe(ctx)
		if err != nil && !apierrors.IsForbidden(err) {
			return false, err
		}
		return (err == nil) == want, nil
	})
	if err != nil {
		t.Fatalf("the API server does not come to accept Pods (%t): %v", want, err)
	}
}

// stepMembers reconciles each member once, and returns how many were refused something.
func (s *poolStory) stepMembers(t *testing.T) (refused int) {
	t.Helper()
	for _, member := range s.members(t) {
		if _, err := s.TryStep(t, member); err != nil {
			refused++
		}
	}
	return refused
}

// A pool of 10,000 whose Pods are refused creates a few Sandboxes and deletes none, for ten minutes. It costs a few requests
// a minute, and says why in the API server's words. When the Pods are accepted, the pool goes on.
func TestAPoolWhosePodsAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		refuse func(*testing.T, *poolStory) (lift func())
		words  string
	}{
		"a quota":               {noPods, `creating Pod "test-pool-*": pods "test-pool-*" is forbidden: exceeded quota: no-pods, requested: pods=1, used: pods=0, limited: pods=0`},
		"Pod Security":          {noPrivileges, `creating Pod "test-pool-*": pods "test-pool-*" is forbidden: violates PodSecurity "restricted:latest"`},
		"a webhook of somebody": {noImages, `creating Pod "test-pool-*": ` + denied + "no latest images"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newPoolStory(t, 10_000, onReplenish)
			lift := tc.refuse(t, s)
			s.step(t)
			first := names(s.members(t))
			if s.stepMembers(t) != len(first) || len(first) > 4 {
				t.Fatalf("%d members, and not all are refused, want a few", len(first))
			}
			s.step(t)
			before := suite.Writes(t)
			for range 10 {
				s.now = s.now.Add(time.Minute)
				if again := s.step(t).RequeueAfter; again > time.Minute || again < time.Second {
					t.Errorf("looks again after %s, want a minute", again)
				}
				s.stepMembers(t)
			}
			got := suite.Writes(t).Since(before)
			t.Logf("in ten minutes, at one try a minute each: %v", got)
			before.Expect(t, suite.Writes, suite.Counts{"POST pods": 10 * len(first)})
			if after := names(s.members(t)); strings.Join(after, " ") != strings.Join(first, " ") {
				t.Errorf("the members are %v, want %v", after, first)
			}
			want := "SandboxRefused: The API server refuses what 4 of 10000 Sandboxes need: " + tc.words
			if got := s.progress(t); !strings.HasPrefix(got, want) {
				t.Errorf("it says\n%s, want\n%s", got, want)
			}

			lift()
			if s.stepMembers(t) != 0 {
				t.Error("they are still refused")
			}
			s.ready(t, s.members(t)...)
			s.step(t)
			if got := len(s.members(t)); got != 2*len(first) {
				t.Errorf("the pool has %d members then, want twice as many", got)
			}
			if got := s.progress(t); !strings.HasPrefix(got, "PoolFilling") {
				t.Errorf("it says %s", got)
			}
		})
	}
}

// A part of a pool has room. The others are kept, and what is Ready can be claimed.
func TestAPoolWithRoomForSomePods(t *testing.T) {
	s := newPoolStory(t, 6, onReplenish)
	s.step(t)
	s.ready(t, s.members(t)...)
	noPods(t, s)
	s.step(t)
	for _, member := range s.members(t) {
		if !isReady(member.Status.Conditions) {
			if _, err := s.TryStep(t, member); !apierrors.IsForbidden(err) {
				t.Errorf("%s: %v, want a refusal", member.Name, err)
			}
		}
	}
	before := names(s.members(t))
	for range 5 {
		s.now = s.now.Add(time.Hour)
		s.step(t)
	}
	if after := names(s.members(t)); strings.Join(after, " ") != strings.Join(before, " ") || len(after) != 6 {
		t.Errorf("the members are %v, want %v", after, before)
	}
	if got := s.progress(t); !strings.HasPrefix(got, "SandboxRefused: The API server refuses what 2 of 6 Sandboxes need: ") {
		t.Errorf("it says %s", got)
	}
}

// Nobody schedules the Pods, and nobody says that: they have no PodScheduled condition. Their Sandboxes are kept.
func TestAPoolWithoutAScheduler(t *testing.T) {
	s := newPoolStory(t, 3, onReplenish)
	s.step(t)
	s.stepMembers(t)
	members := s.members(t)
	for _, member := range members {
		pod := suite.Get[corev1.Pod](t, s.Namespace, member.Name)
		if len(pod.Status.Conditions) != 0 {
			t.Fatalf("the Pod has conditions: %v", pod.Status.Conditions)
		}
	}
	for range 3 {
		s.now = s.now.Add(time.Hour)
		s.step(t)
		s.stepMembers(t)
	}
	if got := names(s.members(t)); strings.Join(got, " ") != strings.Join(names(members), " ") {
		t.Errorf("the members are %v, want %v", got, names(members))
	}
	want := "SandboxesUnschedulable: 3 of 3 Sandboxes have not been Ready for longer than the grace period of 5m0s: " +
		"0 are replaced, 3 wait for a node"
	if got := s.progress(t); got != want {
		t.Errorf("it says %s, want\n%s", got, want)
	}
}

// The template is mended: the members of before are replaced, although the pool keeps outdated ones.
func TestARefusedPoolWhoseTemplateChanges(t *testing.T) {
	s := newPoolStory(t, 8, onReplenish)
	lift := noImages(t, s)
	s.step(t)
	s.stepMembers(t)
	s.step(t)
	first := s.members(t)
	lift()
	s.edit(t, func(template *extensionsv1.SandboxTemplate) {
		template.Spec.PodTemplate.Spec.Containers[0].Image = "python:3.14-slim"
	})
	for range 8 {
		s.step(t)
		s.ready(t, without(s.members(t), first)...)
	}
	s.step(t)
	for _, member := range s.members(t) {
		if member.Spec.PodTemplate.Spec.Containers[0].Image != "python:3.14-slim" {
			t.Errorf("%s is still there", member.Name)
		}
	}
	if got := s.progress(t); got != "PoolComplete: All 8 Sandboxes are Ready" {
		t.Errorf("it says %s", got)
	}
}

// without returns those of members that are not among others.
func without(members, others []*sandboxv1.Sandbox) []*sandboxv1.Sandbox {
	known := map[string]bool{}
	for _, other := range others {
		known[other.Name] = true
	}
	var rest []*sandboxv1.Sandbox
	for _, member := range members {
		if !known[member.Name] {
			rest = append(rest, member)
		}
	}
	return rest
}
