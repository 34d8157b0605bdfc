package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// at returns the time that many minutes after the Epoch.
func at(minutes float64) time.Time {
	return builder.Epoch.Add(time.Duration(minutes * float64(time.Minute)))
}

// since gives sandbox a condition that last changed at from.
func since(w *builder.SandboxWrapper, kind string, status metav1.ConditionStatus, from time.Time) *builder.SandboxWrapper {
	made := w.Condition(kind, status, "Reason").Obj()
	for i := range made.Status.Conditions {
		if made.Status.Conditions[i].Type == kind {
			made.Status.Conditions[i].LastTransitionTime = metav1.NewTime(from)
		}
	}
	return w.Conditions(made.Status.Conditions...)
}

// The pool asks for two. The grace period is five minutes, and an unschedulable member is checked again after one
// minute.
func TestPlanPoolWaits(t *testing.T) {
	pool := builder.MakePool("p").Replicas(2).Obj()
	snapshot := rules.NewTemplateSnapshot(builder.MakeTemplate(builder.DefaultTemplate).Obj())
	hash := rules.NewPoolSandbox(pool, snapshot, "aaaaa").Labels[sandboxv1.LabelTemplateHash]
	member := func(name string) *builder.SandboxWrapper {
		return builder.MakeSandbox(name).Pool(pool).Label(sandboxv1.LabelTemplateHash, hash)
	}
	other := func(name string) *builder.SandboxWrapper {
		return member(name).Label(sandboxv1.LabelTemplateHash, "another")
	}
	const ready, scheduled = sandboxv1.ConditionReady, sandboxv1.ConditionPodScheduled
	type plan struct {
		Deleted              []string
		Stuck, Unschedulable int
		Again                time.Duration
	}
	for name, tc := range map[string]struct {
		members []*builder.SandboxWrapper
		now     time.Time
		want    plan
	}{
		"one that was just created":             {[]*builder.SandboxWrapper{member("a")}, at(0), plan{Again: 5 * time.Minute}},
		"one that still has time":               {[]*builder.SandboxWrapper{member("a")}, at(4.5), plan{Again: 30 * time.Second}},
		"one that took too long":                {[]*builder.SandboxWrapper{member("a")}, at(5), plan{Deleted: []string{"a"}, Stuck: 1}},
		"one that is Ready, for however long":   {[]*builder.SandboxWrapper{member("a").Ready()}, at(500), plan{}},
		"one that is being deleted":             {[]*builder.SandboxWrapper{member("a").Deleting()}, at(500), plan{}},
		"the earliest decides":                  {[]*builder.SandboxWrapper{member("a"), member("b").CreatedAt(at(2))}, at(3), plan{Again: 2 * time.Minute}},
		"one is late and the other is not":      {[]*builder.SandboxWrapper{member("a"), member("b").CreatedAt(at(2))}, at(6), plan{Stuck: 1, Again: time.Minute}},
		"two are late":                          {[]*builder.SandboxWrapper{member("a").CreatedAt(at(1)), member("b")}, at(7), plan{Deleted: []string{"b"}, Stuck: 2, Again: time.Minute}},
		"an old one that fell over just now":    {[]*builder.SandboxWrapper{since(member("a"), ready, "False", at(499))}, at(500), plan{Again: 4 * time.Minute}},
		"an old one that fell over a while ago": {[]*builder.SandboxWrapper{since(member("a"), ready, "False", at(495))}, at(500), plan{Deleted: []string{"a"}, Stuck: 1}},
		"one that never was Ready, and got a node late": {
			[]*builder.SandboxWrapper{since(since(member("a"), ready, "False", at(0)), scheduled, "True", at(98))}, at(100), plan{Again: 3 * time.Minute},
		},
		"one that no node takes": {
			[]*builder.SandboxWrapper{since(since(member("a"), ready, "False", at(0)), scheduled, "False", at(0))}, at(100), plan{Unschedulable: 1, Again: time.Minute},
		},
		"one whose Pod has a gate that keeps it from the scheduler": {
			[]*builder.SandboxWrapper{member("a").Condition(scheduled, "False", "SchedulingGated")}, at(100), plan{Unschedulable: 1, Again: time.Minute},
		},
		"one that no node takes, in its time": {
			[]*builder.SandboxWrapper{since(since(member("a"), ready, "False", at(0)), scheduled, "False", at(0))}, at(4.5), plan{Again: 30 * time.Second},
		},
		"one of which nobody knows whether a node takes it": {
			[]*builder.SandboxWrapper{since(since(member("a"), ready, "False", at(0)), scheduled, "Unknown", at(0))}, at(100), plan{Unschedulable: 1, Again: time.Minute},
		},
		"one that no node takes, and that the template would make differently": {
			[]*builder.SandboxWrapper{since(since(other("a"), ready, "False", at(0)), scheduled, "False", at(0))}, at(100), plan{Deleted: []string{"a"}},
		},
		"one with two Pods": {
			[]*builder.SandboxWrapper{member("a").Condition(scheduled, "Unknown", "Unknown").Condition(ready, "False", sandboxv1.ReasonMultiplePods)},
			at(100), plan{Deleted: []string{"a"}, Stuck: 1},
		},
		"one that was Ready in an earlier generation": {
			[]*builder.SandboxWrapper{since(member("a"), ready, "True", at(3)).Generation(2)}, at(7), plan{Again: time.Minute},
		},
		"what is late and too many goes once": {
			[]*builder.SandboxWrapper{member("a"), member("b").Ready(), member("c").Ready()}, at(100), plan{Deleted: []string{"a"}, Stuck: 1},
		},
		"what no node takes goes first when there are too many": {
			[]*builder.SandboxWrapper{since(member("a"), scheduled, "False", at(0)), member("b").Ready(), member("c").Ready()}, at(100),
			plan{Deleted: []string{"a"}, Unschedulable: 1, Again: time.Minute},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var members []*sandboxv1.Sandbox
			for _, m := range tc.members {
				members = append(members, m.Obj())
			}
			p := rules.PlanPool(pool, snapshot, members, nil, settings, tc.now)
			got := plan{Stuck: p.Stuck, Unschedulable: p.Unschedulable, Again: p.RequeueAfter}
			for _, sandbox := range p.Delete {
				got.Deleted = append(got.Deleted, sandbox.Name)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}
