package reconcile

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// end lets the Pods of members end now.
func (s *poolStory) end(t *testing.T, members ...*sandboxv1.Sandbox) {
	t.Helper()
	for _, member := range members {
		s.says(t, member, sandboxv1.SandboxStatus{PodUID: member.UID, Conditions: []metav1.Condition{
			condition("Ready", metav1.ConditionFalse, "PodFailed", "Pod failed", metav1.NewTime(s.now)),
			condition("Finished", metav1.ConditionTrue, "PodFailed", "Pod failed", metav1.NewTime(s.now)),
		}})
	}
}

// A member whose Pod has failed, or has succeeded, is replaced at the next reconcile.
func TestAMemberWhosePodEnds(t *testing.T) {
	for _, phase := range []corev1.PodPhase{corev1.PodFailed, corev1.PodSucceeded} {
		t.Run(string(phase), func(t *testing.T) {
			s := newPoolStory(t, 2, onReplenish)
			s.step(t)
			s.stepMembers(t)
			first := s.members(t)
			s.RunPod(t, first[1].Name)
			s.PatchPodStatus(t, first[0].Name, func(status *corev1.PodStatus) { status.Phase = phase })
			s.stepMembers(t)
			s.step(t)
			if got := names(s.members(t)); !slices.Equal(got, []string{first[1].Name}) {
				t.Fatalf("the members are %v, want %s alone", got, first[1].Name)
			}
			s.step(t)
			s.stepMembers(t)
			for _, member := range without(s.members(t), first) {
				s.RunPod(t, member.Name)
			}
			s.stepMembers(t)
			s.step(t)
			if got := s.progress(t); got != "PoolComplete: All 2 Sandboxes are Ready" {
				t.Errorf("it says %s", got)
			}
			var told []string
			if phase == corev1.PodFailed {
				told = []string{"Warning PodFailed Pod failed"}
			}
			expectEvents(t, s.Namespace, told...)
		})
	}
}

// The Pods of all members end at once. A quarter is replaced at a time, the next as soon as the replacements are Ready.
func TestAllPodsEnd(t *testing.T) {
	s, members := filled(t, 8)
	s.end(t, members...)
	var went []int
	for range 5 {
		before := len(s.members(t))
		s.step(t)
		went = append(went, before-len(s.members(t)))
		s.step(t)
		s.startsNow(t)
		s.step(t) // Nothing more goes while they start.
		fresh := s.members(t)
		if len(fresh) != 8 {
			t.Errorf("%d members, want 8", len(fresh))
		}
		s.ready(t, without(fresh, members)...)
	}
	if got := fmt.Sprint(went); got != "[2 2 2 2 0]" {
		t.Errorf("there went %s", got)
	}
	if got := s.progress(t); got != "PoolComplete: All 8 Sandboxes are Ready" {
		t.Errorf("it says %s", got)
	}
}

// The Pods end as soon as they run. They are replaced later and later, and the pool says so.
func TestPodsThatEndAtOnce(t *testing.T) {
	s := newPoolStory(t, 4, onReplenish)
	s.step(t)
	before, deleted := suite.Writes(t), 0
	for range 540 { // Nine minutes.
		for _, member := range s.members(t) {
			if said(member.Status.Conditions) == "nothing" {
				s.end(t, member)
			}
		}
		s.now = s.now.Add(time.Second)
		again := s.step(t)
		deleted = suite.Writes(t).Since(before)["DELETE sandboxes"]
		if wait := again.RequeueAfter - time.Second; wait > 0 {
			s.now = s.now.Add(wait)
		}
		if s.now.Sub(s.pool.CreationTimestamp.Time) > 9*time.Minute {
			break
		}
	}
	t.Logf("in nine minutes %d were replaced", deleted)
	if deleted < 3 || deleted > 9 {
		t.Errorf("in nine minutes %d were replaced, want a few", deleted)
	}
	found := s.Events()
	if len(found) != 1 || !strings.HasPrefix(found[0], "Warning WarmPoolNotProgressing ") {
		t.Errorf("the events are %v, want one", found)
	}
	for _, member := range s.members(t) {
		if said(member.Status.Conditions) == "nothing" {
			s.end(t, member)
		}
	}
	s.step(t)
	want := "SandboxesEnded: The Pods of Sandboxes end, and so do those of their replacements: "
	if got := s.progress(t); !strings.HasPrefix(got, want) {
		t.Errorf("it says %s, want\n%s", got, want)
	}
}
