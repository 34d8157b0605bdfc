package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Once a batch of a pool's members wait for a node, it creates only a few others, however many Sandboxes are missing. Each look has how
// many members have a Pod, how many of these wait, how many of those are new, how many have just got a node, how many have no Pod yet, and
// how many were replaced since the look before; and how many Sandboxes the pool then creates.
func TestPlanRefillWhileMembersWaitForANode(t *testing.T) {
	limits := rules.RefillLimits{Batch: 128, Probes: 4}
	pool := builder.MakePool("p").Replicas(1000).Obj()
	memory := (*rules.PoolState)(nil)
	for i, l := range []struct {
		withPod, waiting, fresh, placed, unproven, replaced, create int
		crowded                                                     bool
	}{
		{withPod: 128, create: 128},
		{withPod: 256, waiting: 100, fresh: 100, create: 28},
		{withPod: 256, waiting: 100, fresh: 100, unproven: 20, create: 8},
		{withPod: 284, waiting: 128, fresh: 128, create: 0, crowded: true},
		{withPod: 284, waiting: 125, fresh: 125, create: 3},
		{withPod: 284, waiting: 128, fresh: 0, create: 4, crowded: true}, // A grace period later.
		{withPod: 288, waiting: 132, fresh: 4, create: 0, crowded: true},
		{withPod: 288, waiting: 129, fresh: 1, create: 3, crowded: true}, // Nodes have taken three of these.
		{withPod: 600, waiting: 300, fresh: 0, create: 4, crowded: true}, // A node has gone, and took its Pods along.
		{withPod: 600, waiting: 300, fresh: 9, create: 0, crowded: true},
		{withPod: 600, waiting: 300, fresh: 9, placed: 50, create: 41, crowded: true}, // There are nodes again.
		{withPod: 700, waiting: 300, fresh: 9, placed: 200, create: 119, crowded: true},
		{withPod: 500, waiting: 200, fresh: 9, replaced: 100, create: 100, crowded: true}, // Its template was mended.
		{withPod: 1000, waiting: 300, create: 0},
	} {
		there := l.withPod + l.unproven
		plan := rules.PoolPlan{
			Create: 1000 - there, Replicas: there, WithPod: l.withPod, Unproven: l.unproven, Waiting: l.waiting, WaitingNew: l.fresh, PlacedNew: l.placed,
		}
		if crowded := limits.IsCrowded(&plan); crowded != l.crowded {
			t.Errorf("look %d: crowded is %t", i, crowded)
		}
		if l.replaced > 0 {
			memory = memory.WithWritten(&rules.PoolPlan{Replace: l.replaced})
		}
		create, _, after := rules.PlanRefill(memory, pool, plan, limits, builder.Epoch)
		if create != l.create {
			t.Errorf("look %d: %d created, want %d", i, create, l.create)
		}
		plan.Created = create
		memory = after.WithWritten(&plan)
	}
}

// fullSite is a site whose 40 members were all Ready, and of which as many as limits allow at most may wait for a node. They are replaced
// only when they are not Ready.
func fullSite(t *testing.T) *site {
	t.Helper()
	s := newSite(1000)
	s.pool = builder.MakePool("p").Template("t").Replicas(40).Obj()
	s.limits = rules.RefillLimits{Batch: 8, Probes: 2}
	s.minutes(60)
	if got := s.count("old", true); got != 40 {
		t.Fatalf("%d are Ready at first", got)
	}
	return s
}

// lose takes the nodes of the first n members.
func (s *site) lose(n int) {
	for _, member := range s.members[:n] {
		s.set(member, sandboxv1.ConditionReady, false)
		s.set(member, sandboxv1.ConditionPodScheduled, false)
	}
}

// No node takes the Pods of all members any more, until the template is mended.
func TestACrowdedPoolGoesOnWithAnotherTemplate(t *testing.T) {
	s := fullSite(t)
	s.unschedulable = "old"
	s.lose(40)
	s.minutes(60)
	s.image = "new"
	s.minutes(20)
	if got := s.count("new", true); got != 40 {
		t.Errorf("20 minutes later %d are Ready: %d still wait", got, s.count("old", false))
	}
}

// Members wait for nodes of their own, more than a batch of them, and claims take all others. Nodes would take what replaces those.
func TestACrowdedPoolGoesOnBesideThoseThatWaitForever(t *testing.T) {
	s := fullSite(t)
	s.lose(10)
	for _, member := range s.members[:10] {
		s.tied[member.Name] = true
	}
	s.members = s.members[:10]
	s.minutes(20)
	if got := s.count("old", true); got != 30 {
		t.Errorf("20 minutes later %d are Ready besides", got)
	}
}

// No node takes any. In each grace period, which is five minutes, a pool has a few more of these.
func TestACrowdedPoolGrowsSlowly(t *testing.T) {
	s := fullSite(t)
	s.unschedulable = "old"
	s.members = nil
	for _, want := range []int{8, 10, 12} {
		s.minutes(5)
		if got := len(s.members); got != want {
			t.Errorf("%d Sandboxes wait at %s, want %d", got, s.now.Sub(builder.Epoch), want)
		}
	}
}

// Nobody wakes a crowded pool when its members have waited for the grace period.
func TestACrowdedPoolLooksAgainWhenMembersHaveWaitedLong(t *testing.T) {
	pool := builder.MakePool("p").Replicas(10).Obj()
	limits := rules.RefillLimits{Batch: 2, Probes: 2}
	members := []*sandboxv1.Sandbox{waiting(pool, "old", time.Hour), waiting(pool, "a", 2*time.Minute), waiting(pool, "b", time.Minute)}
	edition := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Obj())
	plan := rules.PlanPool(pool, edition, members, nil, settings, builder.Epoch)
	if create, again, _ := rules.PlanRefill(nil, pool, plan, limits, builder.Epoch); create != 0 || again != 3*time.Minute {
		t.Errorf("%d are created, and more in %s; want none, and 3m", create, again)
	}
}

// A member waits for a node if it has a Pod that a scheduler looks at. The pool says that others wait for that.
func TestPlanPoolCountsWhatWaitsForANode(t *testing.T) {
	pool := builder.MakePool("p").Replicas(10).Obj()
	member := func(name string, scheduled metav1.ConditionStatus, reason string) *sandboxv1.Sandbox {
		return builder.MakeSandbox(name).Pool(pool).PodUID("a").Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, "PodPending").
			Condition(sandboxv1.ConditionPodScheduled, scheduled, reason).Obj()
	}
	members := []*sandboxv1.Sandbox{
		member("a", "False", "Unschedulable"), member("b", "False", "Unschedulable"), member("gated", "False", corev1.PodReasonSchedulingGated),
		builder.MakeSandbox("queued").Pool(pool).PodUID("a").Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, "PodPending").Obj(),
		member("starts", "True", "PodScheduled"), builder.MakeSandbox("ready").Pool(pool).Ready().Obj(), builder.MakeSandbox("new").Pool(pool).Obj(),
	}
	plan := rules.PlanPool(pool, nil, members, nil, rules.PoolSettings{ReadinessGrace: 1 << 40}, builder.Epoch).WithAccepted(1, 1)
	if plan.Waiting != 4 {
		t.Errorf("%d wait for a node, want a, b, queued and new", plan.Waiting)
	}
	plan.Crowded = true
	plan.Gated = 0 // Of those the pool would speak first.
	status := rules.PoolStatus(pool, plan, nil, builder.Epoch)
	const want = "9 of 10 Sandboxes are not Ready yet; others are created only a few at a time while 4 wait for a node"
	said := false
	for _, condition := range status.Conditions {
		said = said || strings.HasPrefix(condition.Message, want)
	}
	if !said {
		t.Errorf("no condition says %q: %+v", want, status.Conditions)
	}
}

func TestIsWaitingForNode(t *testing.T) {
	gated := corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonSchedulingGated}
	for name, tc := range map[string]struct {
		pod  *corev1.Pod
		want bool
	}{
		"new":        {builder.MakePod("a").Obj(), true},
		"with gates": {builder.MakePod("a").Conditions(gated).Obj(), false},
		"on a node":  {builder.MakePod("a").Node("n").Obj(), false},
	} {
		if got := rules.IsWaitingForNode(tc.pod); got != tc.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// A pool that is crowded goes on as soon as a member has got a node, also if no scheduler had said anything of it before.
func TestAMemberThatGetsANodeWakesItsPool(t *testing.T) {
	queued := builder.MakeSandbox("a").PodUID("a").Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, "PodPending").Obj()
	taken := builder.MakeSandbox("a").PodUID("a").Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, "PodPending").
		Condition(sandboxv1.ConditionPodScheduled, metav1.ConditionTrue, "PodScheduled").Obj()
	if !rules.PoolMemberChanged(queued, taken) || rules.PoolMemberChanged(taken, taken) {
		t.Error("the pool is not woken by a node, or by nothing")
	}
}

// waiting returns a member that has waited for a node for that long.
func waiting(pool *extensionsv1.SandboxWarmPool, name string, age time.Duration) *sandboxv1.Sandbox {
	return builder.MakeSandbox(name).Pool(pool).PodUID("a").CreatedAt(builder.Epoch.Add(-age)).
		Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, "PodPending").
		Condition(sandboxv1.ConditionPodScheduled, metav1.ConditionFalse, "Unschedulable").Obj()
}

// A pool whose Sandboxes may take a month does not wait for a month until it tries others.
func TestACrowdedPoolTriesOthersWithinMinutes(t *testing.T) {
	pool := builder.MakePool("p").Replicas(10).Obj()
	pool.Spec.ReadinessGracePeriodSeconds = new(int32(30 * 24 * 60 * 60))
	limits := rules.RefillLimits{Batch: 2, Probes: 2}
	edition := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Obj())
	members := []*sandboxv1.Sandbox{waiting(pool, "a", time.Hour), waiting(pool, "b", time.Minute), waiting(pool, "c", 2*time.Minute)}
	for i, want := range []struct {
		create int
		again  time.Duration
	}{{0, 3 * time.Minute}, {1, 0}} {
		now := builder.Epoch.Add(time.Duration(i) * 3 * time.Minute)
		plan := rules.PlanPool(pool, edition, members, nil, settings, now)
		create, again, _ := rules.PlanRefill(nil, pool, plan, limits, now)
		if create != want.create || i == 0 && again != want.again {
			t.Errorf("at %s %d are created, and more in %s; want %+v", now.Sub(builder.Epoch), create, again, want)
		}
	}
}

// What has got a node is counted for as long as what waits for one.
func TestPlanPoolCountsWhatHasGotANode(t *testing.T) {
	pool := builder.MakePool("p").Replicas(10).Obj()
	placed := func(name string, ready metav1.ConditionStatus, age time.Duration) *sandboxv1.Sandbox {
		member := builder.MakeSandbox(name).Pool(pool).PodUID("a").CreatedAt(builder.Epoch.Add(-age)).
			Condition(sandboxv1.ConditionReady, ready, "").Condition(sandboxv1.ConditionPodScheduled, metav1.ConditionTrue, "PodScheduled").Obj()
		for i := range member.Status.Conditions {
			member.Status.Conditions[i].LastTransitionTime = member.CreationTimestamp
		}
		return member
	}
	members := []*sandboxv1.Sandbox{
		placed("starts", metav1.ConditionFalse, time.Minute), placed("ready", metav1.ConditionTrue, time.Minute),
		placed("old", metav1.ConditionTrue, time.Hour), waiting(pool, "waits", time.Minute),
	}
	plan := rules.PlanPool(pool, nil, members, nil, settings, builder.Epoch)
	if plan.PlacedNew != 2 {
		t.Errorf("%d have just got a node, want starts and ready", plan.PlacedNew)
	}
}

// A pool that tries nothing, because its members wait for nodes, does not repeat what the API server said of others before.
func TestACrowdedPoolDoesNotSayRefused(t *testing.T) {
	pool := builder.MakePool("p").Replicas(10).Obj()
	pool.Status.Conditions = []metav1.Condition{{Type: extensionsv1.ConditionProgressing, Status: metav1.ConditionFalse, Reason: extensionsv1.ReasonSandboxRefused}}
	plan := rules.PoolPlan{Replicas: 4, Create: 6, Waiting: 4, WaitingNew: 4}
	for crowded, want := range map[bool]string{true: extensionsv1.ReasonPoolFilling, false: extensionsv1.ReasonSandboxRefused} {
		plan.Crowded = crowded
		got := meta.FindStatusCondition(rules.PoolStatus(pool, plan, nil, builder.Epoch).Conditions, extensionsv1.ConditionProgressing)
		if got.Reason != want {
			t.Errorf("crowded %t: it says %s, want %s", crowded, got.Reason, want)
		}
	}
}

// Members of an earlier template are replaced, whatever the API server says of their Pods: it is not asked, and what it refuses of the
// template of now holds the pool back.
func TestOutdatedMembersProveNothing(t *testing.T) {
	pool := builder.MakePool("p").Replicas(100).UpdateStrategy(extensionsv1.UpdateStrategyRecreate).Obj()
	before := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image("old").Obj())
	edition := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image("new").Obj())
	var members []*sandboxv1.Sandbox
	for i := range 20 {
		members = append(members, rules.NewPoolSandbox(pool, before, fmt.Sprint(10000+i)), rules.NewPoolSandbox(pool, edition, fmt.Sprint(20000+i)))
	}
	plan := rules.PlanPool(pool, edition, members, nil, settings, builder.Epoch)
	if plan.Unproven != 20 || len(plan.Unreported) != 20 {
		t.Errorf("%d are unproven, and %d of these to be asked for; want 20", plan.Unproven, len(plan.Unreported))
	}
}
