package rules_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// gate lets a scheduling gate hold the Pods of these members, which are new.
func (h *herd) gate(members []*sandboxv1.Sandbox) {
	h.fall(members)
	h.set(members, sandboxv1.ConditionPodScheduled, "False", corev1.PodReasonSchedulingGated)
}

// Members whose Pods a scheduling gate holds are kept, however long that lasts. The pool says so at once, and calls it a
// problem after the grace period.
func TestMembersThatGatesHold(t *testing.T) {
	const three = "The Pods of 3 of 8 Sandboxes have scheduling gates: they get a node when whoever set the gates removes them"
	for name, tc := range map[string]struct {
		others             func(*herd, []*sandboxv1.Sandbox)
		at, atReason       string
		later, laterReason string
	}{
		"and nothing else": {nil, "True", "SandboxesGated", "False", "SandboxesGated"},
		"and no node takes another": {
			func(h *herd, m []*sandboxv1.Sandbox) { h.fall(m); h.set(m, "PodScheduled", "False", "Unschedulable") },
			"True", "SandboxesGated", "False", "SandboxesUnschedulable",
		},
		"and the Pod of another is refused": {
			func(_ *herd, m []*sandboxv1.Sandbox) { refuse(m, "denied") }, "False", "SandboxRefused", "False", "SandboxRefused",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHerd(8)
			h.gate(h.members[2:5])
			if tc.others != nil {
				tc.others(h, h.members[:1])
			}
			says := func(status, reason string) {
				t.Helper()
				progress := h.pool.Status.Conditions[0]
				if string(progress.Status) != status || progress.Reason != reason {
					t.Errorf("Progressing is %s, %s: %s; want %s, %s", progress.Status, progress.Reason, progress.Message, status, reason)
				}
				if reason == "SandboxesGated" && progress.Message != three {
					t.Errorf("it says\n%s, want\n%s", progress.Message, three)
				}
			}
			h.pass()
			says(tc.at, tc.atReason)
			h.passes(time.Minute, 24*time.Hour)
			says(tc.later, tc.laterReason)
			if h.deleted != 0 {
				t.Errorf("%d were deleted", h.deleted)
			}
			if tc.others != nil {
				return
			}
			// The gates go, and the nodes are there.
			h.set(h.members[2:5], sandboxv1.ConditionPodScheduled, "True", "PodScheduled")
			h.pass()
			says("True", "PoolFilling")
			h.heal(h.members)
			h.pass()
			says("True", "PoolComplete")
		})
	}
}

// A pool that replaces what is outdated goes on beside members that gates hold, as it does beside those that no node takes.
func TestGatesDoNotStopANewTemplate(t *testing.T) {
	h := newHerd(8)
	h.gate(h.members[:1])
	h.passes(time.Minute, 10*time.Minute)
	if progress := h.pool.Status.Conditions[0]; progress.Status != "False" || progress.Reason != "SandboxesGated" {
		t.Fatalf("it says %s, %s", progress.Status, progress.Reason)
	}
	h.pool.Spec.UpdateStrategy = builder.MakePool("p").UpdateStrategy("Recreate").Obj().Spec.UpdateStrategy
	h.snapshot, h.starts = rules.NewTemplateSnapshot(builder.MakeTemplate("t").Image("new").Obj()), true
	h.passes(time.Minute, time.Hour)
	if h.plan.Outdated != 0 || h.most > 3 {
		t.Errorf("%d are outdated still, and %d went at once", h.plan.Outdated, h.most)
	}
}

// A gate that goes is news for the pool, whether or not a node comes with it.
func TestAGateIsNews(t *testing.T) {
	waiting := func(reason string) *sandboxv1.Sandbox {
		return builder.MakeSandbox("a").Condition(sandboxv1.ConditionPodScheduled, "False", reason).PodUID("u").Obj()
	}
	if !rules.PoolMemberChanged(waiting(corev1.PodReasonSchedulingGated), waiting(corev1.PodReasonUnschedulable)) {
		t.Error("the pool is not told that the gates are gone")
	}
	if rules.PoolMemberChanged(waiting(corev1.PodReasonSchedulingGated), waiting(corev1.PodReasonSchedulingGated)) {
		t.Error("the pool is told although nothing changed")
	}
}
