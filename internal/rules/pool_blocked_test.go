package rules_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// refuse lets the API server refuse the Pods of these members, with these words.
func refuse(members []*sandboxv1.Sandbox, words string) {
	for _, member := range members {
		member.Status = sandboxv1.SandboxStatus{}
		w := builder.MakeSandbox(member.Name).Condition(sandboxv1.ConditionReady, "False", sandboxv1.ReasonReconcilerError).
			Condition(sandboxv1.ConditionPodScheduled, "Unknown", sandboxv1.ReasonPodSchedulingUnknown)
		member.Status.Conditions = w.Obj().Status.Conditions
		member.Status.Conditions[0].Message = `Error seen: creating Pod "` + member.Name + `": ` + words
	}
}

// Members whose Pods are refused are kept, however long that lasts, and the pool has the API server's words. Other members
// are kept, too, while a replacement would be refused.
func TestMembersWhosePodsAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		words  string
		others func(*herd, []*sandboxv1.Sandbox)
	}{
		"a quota":                               {`pods "p-00002" is forbidden: exceeded quota: none`, nil},
		"a policy":                              {`admission webhook "policy.example.com" denied the request`, nil},
		"and another has not been Ready":        {"denied", (*herd).fall},
		"and the Pod of another has ended":      {"denied", (*herd).end},
		"and nobody has looked at another yet":  {"denied", func(_ *herd, m []*sandboxv1.Sandbox) { m[0].Status = sandboxv1.SandboxStatus{} }},
		"and another waits for a node since it": {"denied", func(h *herd, m []*sandboxv1.Sandbox) { h.set(m, "PodScheduled", "False", "Unschedulable"); h.fall(m) }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHerd(8)
			refuse(h.members[2:5], tc.words)
			if tc.others != nil {
				tc.others(h, h.members[:1])
			}
			h.passes(time.Minute, 24*time.Hour)
			if h.deleted != 0 {
				t.Errorf("%d were deleted", h.deleted)
			}
			if h.plan.RequeueAfter == 0 || h.plan.RequeueAfter > time.Minute {
				t.Errorf("looks again after %s, want a minute", h.plan.RequeueAfter)
			}
			progress := h.pool.Status.Conditions[0]
			want := `The API server refuses what 3 of 8 Sandboxes need: creating Pod "p-*": ` + strings.ReplaceAll(tc.words, "p-00002", "p-*")
			if progress.Reason != "SandboxRefused" || progress.Status != "False" || progress.Message != want {
				t.Errorf("it says %s: %s, want\n%s", progress.Reason, progress.Message, want)
			}
			h.heal(h.members)
			h.pass()
			if progress := h.pool.Status.Conditions[0]; progress.Reason != "PoolComplete" || h.deleted != 0 {
				t.Errorf("when all is well it says %s: %s", progress.Reason, progress.Message)
			}
		})
	}
}

// Members that wait for their template's NetworkPolicy are kept, however long that lasts. The pool says so after the grace
// period, because until then the policy is usually just being created.
func TestMembersThatWaitForTheirPolicy(t *testing.T) {
	h := newHerd(4)
	refuse(h.members, "")
	since := h.now
	for _, member := range h.members {
		ready := &member.Status.Conditions[0]
		ready.Reason, ready.Message, ready.LastTransitionTime = sandboxv1.ReasonNetworkPolicyNotReady, "no policy", metav1.NewTime(since)
	}
	h.pass()
	if progress := h.pool.Status.Conditions[0]; progress.Reason != "PoolFilling" {
		t.Errorf("at first it says %s: %s", progress.Reason, progress.Message)
	}
	h.passes(time.Minute, 24*time.Hour)
	const want = "The API server refuses what 4 of 4 Sandboxes need: no policy"
	if progress := h.pool.Status.Conditions[0]; progress.Reason != "SandboxRefused" || progress.Message != want {
		t.Errorf("it says %s: %s", progress.Reason, progress.Message)
	}
	if h.deleted != 0 {
		t.Errorf("%d were deleted", h.deleted)
	}
}

// A template that makes something else takes the refused members with it, and so does a Pod of another's in the way.
func TestRefusedMembersThatAReplacementHelps(t *testing.T) {
	for name, change := range map[string]func(*herd){
		"the template has changed": func(h *herd) {
			refuse(h.members[:3], "denied")
			h.members[0].CreationTimestamp, h.members[1].CreationTimestamp = metav1.NewTime(h.now), metav1.NewTime(h.now)
			h.snapshot = rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image("another").Obj())
		},
		"the names are taken": func(h *herd) {
			refuse(h.members[:3], `pod "p" is owned by apps/x (UID: 1), not by sandbox "p": delete it`)
			h.now = h.now.Add(time.Hour)
		},
		"a Pod without an owner is in the way": func(h *herd) {
			refuse(h.members[:3], `cannot adopt unowned pod "p": sandbox "p" is in a pool`)
			h.now = h.now.Add(time.Hour)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHerd(8)
			change(h)
			h.pass()
			if h.deleted != 2 {
				t.Errorf("%d were deleted, want a quarter", h.deleted)
			}
			h.starts = true
			h.passes(time.Minute, time.Hour)
			if progress := h.pool.Status.Conditions[0]; progress.Reason != "PoolComplete" || h.deleted != 3 {
				t.Errorf("in the end it says %s: %s, and %d were deleted", progress.Reason, progress.Message, h.deleted)
			}
		})
	}
}

func TestPoolMemberChanged(t *testing.T) {
	made := func() *builder.SandboxWrapper { return builder.MakeSandbox("a") }
	const ready, scheduled, finished = sandboxv1.ConditionReady, sandboxv1.ConditionPodScheduled, sandboxv1.ConditionFinished
	refused := func() *builder.SandboxWrapper {
		return made().Condition(ready, "False", sandboxv1.ReasonReconcilerError)
	}
	says := func(message string) *builder.SandboxWrapper {
		return made().PodUID("a").Conditions(metav1.Condition{Type: ready, Status: "False", Reason: "DependenciesNotReady", Message: message})
	}
	for name, tc := range map[string]struct {
		before, after *builder.SandboxWrapper
		want          bool
	}{
		"a container has trouble":    {says("Pod exists with phase: Pending"), says(`Pod exists with phase: Pending; container "a": ErrX`), true},
		"it starts":                  {says("Pod exists with phase: Pending"), says("Pod is Running but not Ready"), false},
		"it is Ready":                {made(), made().Ready(), true},
		"it stays Ready":             {made().Ready(), made().Ready().Node("b"), false},
		"its Pod is accepted":        {made(), made().PodUID("a").Condition(ready, "False", "DependenciesNotReady"), true},
		"its Pod is refused":         {made(), refused(), true},
		"its Pod is invalid":         {made(), made().Condition(ready, "False", "InvalidConfiguration"), true},
		"it is invalid, not refused": {refused(), made().Condition(ready, "False", "InvalidConfiguration"), false},
		"it is refused again":        {refused(), refused().Condition(scheduled, "Unknown", "Unknown"), false},
		"it is not refused now":      {refused(), made().PodUID("a"), true},
		"its Pod has ended":          {made().Ready(), made().PodUID("a").Condition(finished, "True", "PodFailed"), true},
		"it has a node":              {made().PodUID("a").Condition(scheduled, "False", "A"), made().PodUID("a").Condition(scheduled, "True", "A"), true},
		"nothing that matters":       {made(), made().Label("a", "b"), false},
		"it is being deleted":        {made(), made().Deleting(), true},
		"the scheduler says why":     {made().PodUID("a").Condition(scheduled, "False", "A"), made().PodUID("a").Condition(scheduled, "False", "B"), false},
	} {
		if got := rules.PoolMemberChanged(tc.before.Obj(), tc.after.Obj()); got != tc.want {
			t.Errorf("%s: %t, want %t", name, got, tc.want)
		}
	}
}
