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
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// fuzzedMember returns a Sandbox of pool in a state of many.
func fuzzedMember(t *tape.Tape, pool *extensionsv1.SandboxWarmPool, name string) *sandboxv1.Sandbox {
	w := builder.MakeSandbox(name).Pool(pool).CreatedAt(builder.Epoch.Add(time.Duration(t.Below(60)) * time.Minute))
	switch t.Below(8) {
	case 0, 1:
		w.Ready()
	case 2:
		w.Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, sandboxv1.ReasonReconcilerError)
	case 3:
		w.Condition(sandboxv1.ConditionPodScheduled, metav1.ConditionFalse, tape.Of(t, []string{"Unschedulable", "SchedulingGated"}))
	case 4:
		w.Condition(sandboxv1.ConditionPodScheduled, metav1.ConditionTrue, "Scheduled")
		w.Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, "DependenciesNotReady")
	case 5:
		w.Condition(sandboxv1.ConditionFinished, metav1.ConditionTrue, "PodFailed")
	case 6:
		w.Condition(sandboxv1.ConditionReady, metav1.ConditionFalse, sandboxv1.ReasonInvalidConfiguration)
	}
	if t.Below(4) == 3 {
		w.Deleting()
	}
	if t.Below(3) == 2 {
		w.Image("outdated")
	}
	made := w.Obj()
	for i := range made.Status.Conditions {
		made.Status.Conditions[i].LastTransitionTime = metav1.NewTime(builder.Epoch.Add(time.Duration(t.Below(120)) * time.Minute))
	}
	return made
}

// FuzzPoolPlan: a pool never has more Sandboxes than it wants, keeps what it wants but for what it replaces, and deletes only what it
// has. That holds over several rounds, each with the state of the one before.
func FuzzPoolPlan(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{4, 5, 1, 1, 0, 0, 2, 0, 9, 1, 3, 2, 0, 7, 5, 1, 0, 2, 30, 1, 1})
	f.Fuzz(func(t *testing.T, program []byte) {
		tp := tape.New(program)
		now, memory := builder.Epoch.Add(time.Hour), (*rules.PoolState)(nil)
		for range 3 {
			pool := builder.MakePool("p").Template(builder.DefaultTemplate).Replicas(int32(tp.Below(12))).
				UpdateStrategy(tape.Of(tp, []extensionsv1.UpdateStrategyType{"", extensionsv1.UpdateStrategyRecreate, extensionsv1.UpdateStrategyOnReplenish})).Obj()
			template := builder.MakeTemplate(builder.DefaultTemplate)
			if tp.Below(4) == 3 {
				template.Image("newer")
			}
			var members []*sandboxv1.Sandbox
			for i := range tp.Below(14) {
				members = append(members, fuzzedMember(tp, pool, fmt.Sprintf("p-%05d", i)))
			}
			limited := settings
			limited.Refill = rules.RefillLimits{Batch: 1 + tp.Below(8), Probes: tp.Below(5), Rate: float64(tp.Below(3)), Delay: time.Duration(tp.Below(3)) * time.Second}
			var edition *rules.TemplateSnapshot
			if tp.Below(8) != 7 {
				edition = rules.NewTemplateSnapshot(template.Obj())
			}
			plan := rules.PlanPool(pool, edition, members, memory, limited, now)
			checkPlan(t, rules.Replicas(pool), members, &plan)
			create, again, after := rules.PlanRefill(memory, pool, plan, limited.Refill, now)
			if create < 0 || create > plan.Create || create > limited.Refill.Batch || again < 0 {
				t.Fatalf("creates %d of %d now, again in %s", create, plan.Create, again)
			}
			memory, now = after, now.Add(time.Duration(tp.Below(40))*time.Minute)
		}
	})
}

func checkPlan(t *testing.T, want int, members []*sandboxv1.Sandbox, plan *rules.PoolPlan) {
	t.Helper()
	alive := 0
	for _, member := range members {
		if member.DeletionTimestamp == nil {
			alive++
		}
	}
	seen := map[string]bool{}
	for _, deleted := range plan.Delete {
		if seen[deleted.Name] || deleted.DeletionTimestamp != nil || !slices.Contains(members, deleted) {
			t.Fatalf("deletes %q, which it has not, or twice", deleted.Name)
		}
		seen[deleted.Name] = true
	}
	switch {
	case plan.Create < 0, plan.Create > 0 && plan.Create+len(members) > want:
		t.Fatalf("creates %d beside %d, and wants %d", plan.Create, len(members), want)
	case alive-len(plan.Delete) < min(alive, want)-plan.Replace:
		t.Fatalf("keeps %d of %d, replaces %d, and wants %d", alive-len(plan.Delete), alive, plan.Replace, want)
	case alive-len(plan.Delete) > want:
		t.Fatalf("keeps %d of %d, and wants %d", alive-len(plan.Delete), alive, want)
	case plan.Replace < 0, plan.Ready > plan.Replicas, plan.Replicas != alive:
		t.Fatalf("%d members, of which %d are Ready, and %d replaced", plan.Replicas, plan.Ready, plan.Replace)
	}
}
