package rules_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// herd is a pool whose members the test leads from state to state, by hand and by number.
type herd struct {
	pool     *extensionsv1.SandboxWarmPool
	snapshot *rules.TemplateSnapshot
	members  []*sandboxv1.Sandbox
	memory   *rules.PoolState
	now      time.Time
	plan     rules.PoolPlan
	made     int
	// deleted counts the members that the pool has deleted, and most is how many of them went in one pass at the most.
	deleted, most int
	// starts says that what was created in a pass is Ready in the next.
	starts bool
}

// newHerd returns a pool of that many Ready members, an hour after they got their nodes and became Ready.
func newHerd(replicas int) *herd {
	h := &herd{
		pool: builder.MakePool("p").Template("t").Replicas(int32(replicas)).Obj(), now: builder.Epoch,
		snapshot: rules.NewTemplateSnapshot(builder.MakeTemplate("t").Obj()),
	}
	h.pass()
	h.set(h.members, sandboxv1.ConditionPodScheduled, "True", "PodScheduled")
	h.now = h.now.Add(2 * time.Second)
	h.set(h.members, sandboxv1.ConditionReady, "True", "DependenciesReady")
	h.now = h.now.Add(time.Hour)
	h.pass()
	return h
}

// pass reconciles once. What is deleted is gone, and what is created is there.
func (h *herd) pass() {
	h.plan = rules.PlanPool(h.pool, h.snapshot, h.members, h.memory, settings, h.now)
	create, _, memory := rules.PlanRefill(h.memory, h.pool, h.plan, rules.RefillLimits{Batch: 10_000}, h.now)
	h.plan.Created = create
	h.memory = memory.WithWritten(&h.plan)
	h.members = slices.DeleteFunc(h.members, func(m *sandboxv1.Sandbox) bool { return slices.Contains(h.plan.Delete, m) })
	for range create {
		member := rules.NewPoolSandbox(h.pool, h.snapshot, fmt.Sprintf("%05d", h.made))
		member.CreationTimestamp, member.Generation = metav1.NewTime(h.now), 1
		h.members, h.made = append(h.members, member), h.made+1
	}
	h.deleted, h.most = h.deleted+len(h.plan.Delete), max(h.most, len(h.plan.Delete))
	h.pool.Status = rules.PoolStatus(h.pool, h.plan, nil, h.now)
}

// passes reconciles each step for so long.
func (h *herd) passes(step, within time.Duration) {
	for end := h.now.Add(within); h.now.Before(end); {
		h.now = h.now.Add(step)
		for _, member := range h.members {
			if h.starts && len(member.Status.Conditions) == 0 {
				h.heal([]*sandboxv1.Sandbox{member})
			}
		}
		h.pass()
	}
}

func (h *herd) set(members []*sandboxv1.Sandbox, kind string, status metav1.ConditionStatus, reason string) {
	for i, member := range members {
		setCondition(member, metav1.Condition{Type: kind, Status: status, Reason: reason, Message: "Error seen: creating Pod " + members[i].Name}, h.now)
	}
}

// setCondition sets a condition of member that has turned at that time, if it has turned.
func setCondition(member *sandboxv1.Sandbox, condition metav1.Condition, at time.Time) {
	condition.LastTransitionTime, condition.ObservedGeneration = metav1.NewTime(at), member.Generation
	for i := range member.Status.Conditions {
		if old := &member.Status.Conditions[i]; old.Type == condition.Type {
			if old.Status == condition.Status {
				condition.LastTransitionTime = old.LastTransitionTime
			}
			*old = condition
			return
		}
	}
	member.Status.Conditions = append(member.Status.Conditions, condition)
}

func (h *herd) fall(members []*sandboxv1.Sandbox) {
	h.set(members, sandboxv1.ConditionReady, "False", "DependenciesNotReady")
}

func (h *herd) heal(members []*sandboxv1.Sandbox) {
	h.set(members, sandboxv1.ConditionPodScheduled, "True", "PodScheduled")
	h.set(members, sandboxv1.ConditionReady, "True", "DependenciesReady")
}

// Members turn NotReady together, for forty minutes, and are Ready again. Most of them: none is replaced. Fewer: all are, a
// quarter of the pool at a time.
func TestAFaultOfMany(t *testing.T) {
	for name, tc := range map[string]struct {
		replicas, fall int
		apart          time.Duration
		deleted, most  int
	}{
		"all of 200":                      {200, 200, 0, 0, 0},
		"all of 200, one after the other": {200, 200, time.Second, 0, 0},
		"all of 10,000":                   {10_000, 10_000, 0, 0, 0},
		"just over half":                  {200, 101, 0, 0, 0},
		"half":                            {200, 100, 0, 100, 50},
		"a tenth":                         {200, 20, 0, 20, 20},
		"most, but over hours":            {8, 6, time.Hour, 6, 2},
		"two of two":                      {2, 2, 0, 0, 0},
		"two of three":                    {3, 2, 0, 0, 0},
		"the only one, which is no fault of many": {1, 1, 0, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHerd(tc.replicas)
			h.starts = true
			down := slices.Clone(h.members[:tc.fall])
			for _, member := range down {
				h.fall([]*sandboxv1.Sandbox{member})
				h.now = h.now.Add(tc.apart)
			}
			h.passes(time.Minute, 40*time.Minute)
			h.heal(down)
			h.passes(time.Minute, 10*time.Minute)
			if h.most > max(1, tc.replicas/4) {
				t.Errorf("%d went at once", h.most)
			}
			if h.deleted != tc.deleted || h.most != tc.most {
				t.Errorf("%d were deleted, %d at once at the most, want %d and %d", h.deleted, h.most, tc.deleted, tc.most)
			}
		})
	}
}

// A new leader knows nothing of the fault: it comes while members that turned NotReady together become Ready again. It replaces
// none of the rest, as the old one would not. Where fewer had turned, the rest is replaced, a quarter of the pool at a time.
func TestAFaultOfManyEndsUnderANewLeader(t *testing.T) {
	for name, tc := range map[string]struct{ fell, back, deleted int }{
		"few are back":           {200, 20, 0},
		"most are back":          {200, 150, 0},
		"all but one are back":   {200, 199, 0},
		"just over half, few":    {101, 10, 0},
		"half, and some of them": {100, 10, 50},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHerd(200)
			down := slices.Clone(h.members[:tc.fell])
			h.fall(down)
			h.now = h.now.Add(6 * time.Minute)
			h.heal(down[:tc.back])
			h.now, h.memory, h.starts = h.now.Add(time.Second), nil, true
			h.pass()
			h.memory = nil // Another one.
			h.pass()
			if h.most != tc.deleted {
				t.Errorf("%d were deleted at once, want %d", h.most, tc.deleted)
			}
			h.heal(down)
			h.passes(time.Minute, 10*time.Minute)
			if tc.deleted == 0 && h.deleted > 0 {
				t.Errorf("%d were deleted, want none", h.deleted)
			}
		})
	}
}

// While most are NotReady together the pool says so. When that ends, those that are still not Ready get their time again,
// and then go a quarter of the pool at a time.
func TestAFaultOfManyEnds(t *testing.T) {
	h := newHerd(200)
	down := slices.Clone(h.members)
	h.fall(down)
	h.passes(time.Minute, 30*time.Minute)
	progress := h.pool.Status.Conditions[0]
	if want := "200 of 200 Sandboxes have not been Ready for longer than the grace period of 5m0s: " +
		"most turned NotReady together, and none is replaced while that lasts"; progress.Reason != "SandboxesNotReady" || progress.Message != want {
		t.Errorf("it says %s: %s", progress.Reason, progress.Message)
	}
	h.heal(down[:120])
	h.passes(time.Minute, 4*time.Minute)
	if h.deleted != 0 {
		t.Fatalf("%d were deleted, want none until the grace period is over again", h.deleted)
	}
	for range 4 {
		before := h.deleted
		h.passes(20*time.Second, time.Minute)
		if went := h.deleted - before; went > 50 {
			t.Errorf("%d went in a minute, although their replacements still start", went)
		}
	}
	if h.deleted != 50 {
		t.Errorf("%d were deleted, want 50", h.deleted)
	}
	h.heal(h.members)
	h.passes(time.Minute, 10*time.Minute)
	if progress := h.pool.Status.Conditions[0]; progress.Reason != "PoolComplete" || h.deleted != 50 {
		t.Errorf("in the end it says %s, and %d were deleted", progress.Reason, h.deleted)
	}
}

// A fault of many that only replacing helps against ends, too: by a member that is replaced after an hour, or by hand.
func TestAFaultOfManyForGood(t *testing.T) {
	for name, byHand := range map[string]bool{"by itself": false, "by hand": true} {
		t.Run(name, func(t *testing.T) {
			h := newHerd(8)
			h.fall(h.members)
			if byHand {
				h.members = h.members[1:]
			} else {
				h.passes(time.Minute, 59*time.Minute)
				if h.deleted != 0 {
					t.Fatalf("%d were deleted within an hour", h.deleted)
				}
			}
			h.starts = true
			h.passes(time.Minute, time.Hour)
			if h.most > 2 {
				t.Errorf("%d went at once", h.most)
			}
			if progress := h.pool.Status.Conditions[0]; progress.Reason != "PoolComplete" {
				t.Errorf("it says %s: %s", progress.Reason, progress.Message)
			}
		})
	}
}

// What is never Ready, since the template has a mistake, has not turned NotReady: it is replaced, a quarter at a time.
func TestAPoolThatNeverWasReady(t *testing.T) {
	h := newHerd(0)
	h.pool.Spec.Replicas = new(int32(8))
	h.pass()
	h.set(h.members, sandboxv1.ConditionReady, "False", "DependenciesNotReady")
	h.now = h.now.Add(time.Second)
	h.set(h.members, sandboxv1.ConditionPodScheduled, "True", "PodScheduled")
	h.passes(time.Minute, 9*time.Minute)
	if h.deleted != 2 || h.most != 2 {
		t.Errorf("%d were deleted, want 2", h.deleted)
	}
}

// Where the replacements do not become Ready either, fewer go each time, and in the end one in each grace period.
func TestReplacingInVain(t *testing.T) {
	h := newHerd(64)
	h.fall(h.members[:20])
	var went []int
	for range 7 {
		before := h.deleted
		h.passes(time.Minute, 6*time.Minute)
		went = append(went, h.deleted-before)
	}
	if want := []int{16, 8, 4, 2, 1, 1, 1}; !slices.Equal(went, want) {
		t.Errorf("in each six minutes there went %v, want %v", went, want)
	}
	h.starts = true
	h.passes(time.Minute, 30*time.Minute)
	if progress := h.pool.Status.Conditions[0]; progress.Reason != "PoolComplete" {
		t.Errorf("in the end it says %s: %s", progress.Reason, progress.Message)
	}
}

// A busy pool replaces a stuck member, although others start all the time because of claims.
func TestAStuckMemberOfABusyPool(t *testing.T) {
	h := newHerd(8)
	h.starts = true
	h.fall(h.members[:1])
	for range 20 {
		h.passes(time.Minute, time.Minute)
		h.members = append(h.members[:1:1], h.members[5:]...) // Claims take four.
	}
	if h.deleted != 1 {
		t.Errorf("%d were deleted, want 1", h.deleted)
	}
}
