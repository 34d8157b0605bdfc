package rules_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// A pool's own grace period holds in the place of the manager's, which is five minutes here.
func TestAPoolsOwnGracePeriod(t *testing.T) {
	for name, tc := range map[string]struct {
		own      int32
		notReady time.Duration
		replaced bool
		again    time.Duration
	}{
		"none, before the manager's is over":   {0, 4 * time.Minute, false, time.Minute},
		"none, after it":                       {0, 5 * time.Minute, true, 0},
		"a shorter one, before it is over":     {30, 29 * time.Second, false, time.Second},
		"a shorter one, after it":              {30, 30 * time.Second, true, 0},
		"a longer one, after the manager's":    {900, 5 * time.Minute, false, 10 * time.Minute},
		"a longer one, after it":               {900, 15 * time.Minute, true, 0},
		"the longest, after years":             {1<<31 - 1, 50000 * time.Hour, false, (1<<31-1)*time.Second - 50000*time.Hour},
		"the shortest, and it just got a node": {30, 0, false, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			pool, template := builder.MakePool("p").Template("t"), builder.MakeTemplate("t").Obj()
			if tc.own > 0 {
				pool.ReadinessGracePeriodSeconds(tc.own)
			}
			snapshot := rules.NewTemplateSnapshot(template)
			member := startingMember(rules.NewPoolSandbox(pool.Obj(), snapshot, "aaaaa"))
			plan := rules.PlanPool(pool.Obj(), snapshot, []*sandboxv1.Sandbox{member}, nil, settings, builder.Epoch.Add(tc.notReady))
			if got := len(plan.Delete) == 1; got != tc.replaced || plan.RequeueAfter != tc.again {
				t.Errorf("replaced %t, again after %s; want %t, %s", got, plan.RequeueAfter, tc.replaced, tc.again)
			}
		})
	}
}

// A pool's grace period says nothing of what its Sandboxes are made of: no member is outdated by a change of it.
func TestAChangedGracePeriodOutdatesNothing(t *testing.T) {
	template := rules.NewTemplateSnapshot(builder.MakeTemplate("t").Obj())
	pool := func() *builder.PoolWrapper {
		return builder.MakePool("p").Template("t").UpdateStrategy(extensionsv1.UpdateStrategyRecreate)
	}
	for name, tc := range map[string]struct{ before, after *extensionsv1.SandboxWarmPool }{
		"set":     {pool().Obj(), pool().ReadinessGracePeriodSeconds(30).Obj()},
		"changed": {pool().ReadinessGracePeriodSeconds(30).Obj(), pool().ReadinessGracePeriodSeconds(900).Obj()},
		"removed": {pool().ReadinessGracePeriodSeconds(900).Obj(), pool().Obj()},
	} {
		member := readyMember(rules.NewPoolSandbox(tc.before, template, "aaaaa"))
		plan := rules.PlanPool(tc.after, template, []*sandboxv1.Sandbox{member}, nil, settings, builder.Epoch)
		if plan.Outdated != 0 || len(plan.Delete) != 0 || plan.Ready != 1 {
			t.Errorf("%s: %d are outdated, %d deleted, %d Ready", name, plan.Outdated, len(plan.Delete), plan.Ready)
		}
	}
}

// startingMember returns sandbox with a Pod that got its node at the Epoch and is not Ready.
func startingMember(sandbox *sandboxv1.Sandbox) *sandboxv1.Sandbox {
	sandbox.CreationTimestamp = metav1.NewTime(builder.Epoch)
	for _, kind := range []string{sandboxv1.ConditionReady, sandboxv1.ConditionPodScheduled} {
		condition := metav1.Condition{Type: kind, Status: metav1.ConditionFalse, LastTransitionTime: metav1.NewTime(builder.Epoch)}
		if kind == sandboxv1.ConditionPodScheduled {
			condition.Status = metav1.ConditionTrue
		}
		sandbox.Status.Conditions = append(sandbox.Status.Conditions, condition)
	}
	return sandbox
}
