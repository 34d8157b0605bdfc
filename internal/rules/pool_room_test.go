package rules_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// site is a pool of ten under Recreate, and nodes with room for a number of its Sandboxes. Its members become what the
// template makes if nothing blocks that. A quarter of the pool is two.
type site struct {
	room int
	// unschedulable and crashing are images with a mistake. No node takes a Pod with the first, and a Pod with the
	// second never becomes Ready.
	unschedulable, crashing string
	// tied are members that wait for a node of their own, where their volumes are.
	tied   map[string]bool
	limits rules.RefillLimits

	pool    *extensionsv1.SandboxWarmPool
	image   string
	members []*sandboxv1.Sandbox
	memory  *rules.PoolState
	now     time.Time
	made    int
}

func newSite(room int) *site {
	return &site{
		room: room, image: "old", now: builder.Epoch, tied: map[string]bool{}, limits: settings.Refill,
		pool: builder.MakePool("p").Template("t").Replicas(10).UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj(),
	}
}

// minutes reconciles once each minute, and then lets the scheduler and the nodes do their work.
func (s *site) minutes(n int) {
	for range n {
		edition := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image(s.image).Obj())
		plan := rules.PlanPool(s.pool, edition, s.members, s.memory, settings, s.now)
		var create int
		create, _, s.memory = rules.PlanRefill(s.memory, s.pool, plan, s.limits, s.now)
		plan.Created = create
		s.memory = s.memory.WithWritten(&plan)
		s.pool.Status = rules.PoolStatus(s.pool, plan, nil, s.now)
		s.members = slices.DeleteFunc(s.members, func(m *sandboxv1.Sandbox) bool { return slices.Contains(plan.Delete, m) })
		for range create {
			member := rules.NewPoolSandbox(s.pool, edition, strconv.Itoa(10000+s.made))
			member.CreationTimestamp, member.Generation = metav1.NewTime(s.now), 1
			s.members, s.made = append(s.members, member), s.made+1
		}
		s.run()
		s.now = s.now.Add(time.Minute)
	}
}

// run schedules as many members as there is room for. Members that were scheduled before become Ready.
func (s *site) run() {
	taken := 0
	for _, member := range s.members {
		if meta.IsStatusConditionTrue(member.Status.Conditions, sandboxv1.ConditionPodScheduled) {
			taken++
			s.set(member, sandboxv1.ConditionReady, image(member) != s.crashing)
		}
	}
	for _, member := range s.members {
		if meta.IsStatusConditionTrue(member.Status.Conditions, sandboxv1.ConditionPodScheduled) {
			continue
		}
		fits := taken < s.room && image(member) != s.unschedulable && !s.tied[member.Name]
		s.set(member, sandboxv1.ConditionPodScheduled, fits)
		if fits {
			taken++
		}
	}
}

func (s *site) set(member *sandboxv1.Sandbox, kind string, is bool) {
	status := map[bool]metav1.ConditionStatus{true: metav1.ConditionTrue, false: metav1.ConditionFalse}[is]
	meta.SetStatusCondition(&member.Status.Conditions, metav1.Condition{
		Type: kind, Status: status, Reason: "Reason", ObservedGeneration: 1, LastTransitionTime: metav1.NewTime(s.now),
	})
}

// count returns how many members with an image are Ready, or are not.
func (s *site) count(of string, ready bool) (n int) {
	for _, member := range s.members {
		if image(member) == of && rules.IsReady(member) == ready {
			n++
		}
	}
	return n
}

func image(member *sandboxv1.Sandbox) string { return member.Spec.PodTemplate.Spec.Containers[0].Image }

// Outdated members must go, however little room there is and however long ago it ran out. Beyond the members without
// room, at most a quarter of the pool may be missing.
func TestReplacingWithTooLittleRoom(t *testing.T) {
	for _, tc := range []struct{ room, within int }{{10, 20}, {9, 20}, {8, 60}, {7, 60}, {1, 20}} {
		for _, before := range []int{2, 60} {
			s := newSite(tc.room)
			s.minutes(before)
			s.image = "new"
			fewest := tc.room
			for range tc.within {
				s.minutes(1)
				fewest = min(fewest, s.count("old", true)+s.count("new", true))
			}
			if old, current := len(s.members)-s.count("new", true)-s.count("new", false), s.count("new", true); old > 0 || current != tc.room {
				t.Errorf("room for %d of 10: %d minutes after the change %d are outdated and %d current and Ready", tc.room, tc.within, old, current)
			}
			if want := max(0, tc.room-2); fewest < want {
				t.Errorf("room for %d of 10: %d were Ready at the least, want %d or more", tc.room, fewest, want)
			}
		}
	}
}

// By a mistake, no node takes what the template makes. A quarter goes, and then one in each grace period. The pool must
// recover when the mistake is reverted.
func TestReplacingWithWhatNoNodeTakes(t *testing.T) {
	s := newSite(10)
	s.unschedulable = "mistake"
	s.minutes(60)
	s.image = "mistake"
	for _, left := range []int{8, 7, 6, 5} { // At 0, 5, 10 and 15 minutes.
		s.minutes(5)
		if got := s.count("old", true); got != left {
			t.Errorf("%s: %d of the first are left, want %d", s.now.Sub(builder.Epoch), got, left)
		}
	}
	s.image = "old"
	s.minutes(8)
	if got := s.count("old", true); got != 10 {
		t.Errorf("%d are Ready after it was taken back", got)
	}
}

// By a mistake, what the template makes never becomes Ready. At most a quarter may go, even if some members also wait
// for a node.
func TestReplacingWithWhatNeverIsReady(t *testing.T) {
	for _, room := range []int{10, 9, 8} {
		s := newSite(room)
		s.crashing = "mistake"
		s.minutes(20)
		s.image = "good"
		s.minutes(120) // The pool has been short of room for long, and has become Ready since.
		s.image = "mistake"
		s.minutes(600)
		if got := s.count("good", true); got < room-2 || got == room {
			t.Errorf("room for %d: %d are left, want %d or more", room, got, room-2)
		}
	}
}
