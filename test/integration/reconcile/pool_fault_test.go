package reconcile

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// fall makes members NotReady now. Their Pods got a node when the pool was created, and keep it.
func (s *poolStory) fall(t *testing.T, members ...*sandboxv1.Sandbox) {
	t.Helper()
	for _, member := range members {
		s.says(t, member, sandboxv1.SandboxStatus{PodUID: member.UID, Conditions: []metav1.Condition{
			condition("Ready", metav1.ConditionFalse, "DependenciesNotReady", "Pod is Running but not Ready", metav1.NewTime(s.now)),
			condition("PodScheduled", metav1.ConditionTrue, "PodScheduled", "", s.at(0)),
		}})
	}
}

// filled returns a story of a pool of that many members, all Ready for an hour.
func filled(t *testing.T, replicas int32) (*poolStory, []*sandboxv1.Sandbox) {
	t.Helper()
	s := newPoolStory(t, replicas, onReplenish)
	s.r.Settings.Refill.Probes = 0 // There is no Sandbox controller that would report Pods.
	for range (replicas-1)/128 + 1 {
		s.step(t)
	}
	members := s.members(t)
	s.ready(t, members...)
	s.now = s.now.Add(time.Hour)
	s.step(t)
	return s, members
}

// progress returns the reason and the message of the pool's Progressing condition.
func (s *poolStory) progress(t *testing.T) string {
	t.Helper()
	progress := suite.Get[extensionsv1.SandboxWarmPool](t, s.Namespace, "test-pool").Status.Conditions[0]
	return progress.Reason + ": " + progress.Message
}

// All 200 members of a pool turn NotReady at once, for half an hour: their nodes do not report. Then they are Ready again.
// None is replaced.
func TestAllMembersTurnNotReady(t *testing.T) {
	const size = 200
	s, members := filled(t, size)
	s.fall(t, members...)
	before := suite.Writes(t)
	for range 10 {
		s.now = s.now.Add(3 * time.Minute)
		s.step(t)
	}
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxwarmpools/status": 2}) // When it is seen, and when it is late.
	want := "200 of 200 Sandboxes have not been Ready for longer than the grace period of 5m0s: " +
		"most turned NotReady together, and none is replaced while that lasts"
	if got := s.progress(t); got != "SandboxesNotReady: "+want {
		t.Errorf("it says %s, want\n%s", got, want)
	}
	expectEvents(t, s.Namespace, "Warning WarmPoolNotProgressing "+want)
	for i := 0; i < size; i += size / 4 { // They do not come back all at once.
		s.ready(t, members[i:i+size/4]...)
		s.now = s.now.Add(time.Minute)
		s.step(t)
	}
	s.step(t)
	if got := s.progress(t); got != "PoolComplete: All 200 Sandboxes are Ready" {
		t.Errorf("in the end it says %s", got)
	}
	after := map[string]bool{}
	for _, member := range s.members(t) {
		after[member.Name] = true
	}
	replaced := 0
	for _, member := range members {
		if !after[member.Name] {
			replaced++
		}
	}
	t.Logf("%d of %d were replaced", replaced, size)
	if replaced > 0 {
		t.Errorf("%d were replaced", replaced)
	}
}

// Neighbours: more than half, exactly half, and those that never were Ready. What is replaced goes a quarter of the pool at a time,
// and the next when the replacements are Ready.
func TestSomeMembersTurnNotReady(t *testing.T) {
	for name, tc := range map[string]struct {
		fall int
		left []int
	}{
		"five of eight":  {5, []int{5, 5, 5}},
		"four of eight":  {4, []int{2, 0, 0}},
		"three of eight": {3, []int{1, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			s, members := filled(t, 8)
			s.fall(t, members[:tc.fall]...)
			s.now = s.now.Add(6 * time.Minute)
			for i, want := range tc.left {
				s.step(t) // This deletes them,
				s.step(t) // this creates others,
				s.startsNow(t)
				s.step(t) // and this waits for them.
				fresh := s.members(t)
				others := without(fresh, members[:tc.fall])
				if left := len(fresh) - len(others); left != want || len(fresh) != 8 {
					t.Errorf("pass %d: %d of %d are left, want %d", i, left, len(fresh), want)
				}
				s.ready(t, without(others, members)...) // Those that were Ready do not turn Ready again.
			}
		})
	}
}

// A template whose Pods never are Ready costs a quarter of the pool at a time, and less and less.
func TestMembersThatNeverAreReady(t *testing.T) {
	s := newPoolStory(t, 8, onReplenish)
	s.r.Settings.Refill.Probes = 0
	s.step(t)
	var went []int
	for range 4 {
		s.startsNow(t)
		s.now = s.now.Add(6 * time.Minute)
		before := len(s.members(t))
		s.step(t)
		went = append(went, before-len(s.members(t)))
		s.step(t)
	}
	if got := fmt.Sprint(went); got != "[2 1 1 1]" {
		t.Errorf("there went %s, want [2 1 1 1]", got)
	}
}
