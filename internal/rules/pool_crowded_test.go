package rules_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// No more than a batch of a pool's members wait for a node, however many Sandboxes are missing. Each look has how many members have a Pod,
// how many of these wait, how many have no Pod yet, and how many Sandboxes the pool then creates.
func TestPlanRefillWhileMembersWaitForANode(t *testing.T) {
	limits := rules.RefillLimits{Batch: 128, Probes: 4}
	pool := builder.MakePool("p").Replicas(1000).Obj()
	memory := (*rules.PoolState)(nil)
	for i, l := range []struct {
		withPod, waiting, unproven, create int
		crowded                            bool
	}{
		{128, 0, 0, 128, false},
		{256, 100, 0, 28, false},
		{256, 100, 20, 8, false},
		{284, 128, 0, 0, true},
		{284, 125, 0, 3, false},
		{600, 300, 0, 0, true}, // A node has gone, and took its Pods along.
		{1000, 300, 0, 0, false},
	} {
		there := l.withPod + l.unproven
		plan := rules.PoolPlan{Create: 1000 - there, Replicas: there, WithPod: l.withPod, Unproven: l.unproven, Waiting: l.waiting}
		if crowded := limits.IsCrowded(&plan); crowded != l.crowded {
			t.Errorf("look %d: crowded is %t", i, crowded)
		}
		var create int
		create, _, memory = rules.PlanRefill(memory, pool, plan, limits, builder.Epoch)
		if create != l.create {
			t.Errorf("look %d: %d created, want %d", i, create, l.create)
		}
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
	const want = "9 of 10 Sandboxes are not Ready yet; others are created when one of the 4 that wait for a node has got one"
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
