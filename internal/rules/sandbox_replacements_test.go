package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// disruption returns the condition by which Kubernetes says why it ends a Pod.
func disruption(reason, message string) corev1.PodCondition {
	return corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: reason, Message: message}
}

// What a status says of a Pod that failed depends on who ended it, and on whether it is to run always.
func TestAPodThatFailed(t *testing.T) {
	const full = "The node was low on resource: memory."
	sandbox := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Ready() }
	evicted := func() *builder.PodWrapper { return builder.MakePod("a").Ready().Failed("Evicted", full) }
	never := func(pod *builder.PodWrapper) *builder.PodWrapper { return pod.RestartPolicy(corev1.RestartPolicyNever) }
	keeps := func() *builder.SandboxWrapper { return sandbox().Annotation("agents.x-k8s.io/keep-ended-pod", "true") }
	ending := func(policies ...corev1.ContainerRestartPolicy) *builder.SandboxWrapper {
		var containers []corev1.Container
		for i := range policies {
			containers = append(containers, corev1.Container{Name: fmt.Sprint("c", i), Image: builder.DefaultImage, RestartPolicy: &policies[i]})
		}
		return sandbox().Containers(containers...)
	}
	type want struct {
		Ready, Finished string
		Replaced        *sandboxv1.PodReplacements
	}
	lost := func(ready, reason, message string) want {
		return want{ready, "", sandbox().Replaced(1, 0, reason, message, "pod-a-uid", later).Obj().Status.Replacements}
	}
	finished := func(ready string) want { return want{Ready: ready, Finished: ready} }
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		pod     *builder.PodWrapper
		want    want
	}{
		"evicted by its node": {sandbox(), evicted(), lost("DependenciesNotReady: Pod failed and is replaced: Evicted: "+full, "Evicted", full)},
		"its node was shut down": {
			sandbox(), builder.MakePod("a").Failed("Terminated", "Pod was terminated in response to imminent node shutdown."),
			lost("DependenciesNotReady: Pod failed and is replaced: Terminated: Pod was terminated in response to imminent node shutdown.",
				"Terminated", "Pod was terminated in response to imminent node shutdown."),
		},
		"its node is gone": {
			sandbox(), builder.MakePod("a").Phase(corev1.PodFailed).Conditions(disruption("DeletionByPodGC", "PodGC: node no longer exists")),
			lost("DependenciesNotReady: Pod failed and is replaced: DeletionByPodGC: PodGC: node no longer exists", "DeletionByPodGC", "PodGC: node no longer exists"),
		},
		"for no reason that is known": {
			sandbox(), builder.MakePod("a").Phase(corev1.PodFailed), lost("DependenciesNotReady: Pod failed and is replaced", "", ""),
		},
		"for a reason that has no end": {
			sandbox(), builder.MakePod("a").Failed("Evicted", strings.Repeat("x", 5000)),
			lost("DependenciesNotReady: Pod failed and is replaced: Evicted: "+strings.Repeat("x", 1021)+"...", "Evicted", strings.Repeat("x", 1021)+"..."),
		},
		"preempted, and being deleted": {
			sandbox(), builder.MakePod("a").Ready().Conditions(disruption("PreemptionByScheduler", "preempting")).Deleting(),
			lost("DependenciesNotReady: Pod is terminating: PreemptionByScheduler: preempting", "PreemptionByScheduler", "preempting"),
		},
		"deleted by somebody, and stopped by its kubelet": {
			sandbox(), builder.MakePod("a").Phase(corev1.PodFailed).Deleting(), want{Ready: "DependenciesNotReady: Pod is terminating"},
		},
		"evicted, and kept": {keeps(), evicted(), finished("PodFailed: Pod failed: Evicted: " + full)},
		"at its own deadline": {
			sandbox(), builder.MakePod("a").Failed("DeadlineExceeded", "Pod was active on the node longer than the specified deadline"),
			finished("PodFailed: Pod failed: DeadlineExceeded: Pod was active on the node longer than the specified deadline"),
		},
		"its container never restarts": {
			ending("Never"), builder.MakePod("a").Phase(corev1.PodFailed).Container(ends("c0", 0, 1, "")),
			finished(`PodFailed: Pod failed: Error: container "c0" ended with exit code 1`),
		},
		"its container never restarts, evicted": {ending("Never", "OnFailure"), evicted(), finished("PodFailed: Pod failed: Evicted: " + full)},
		"one of its containers is to run always": {
			ending("Never", "Always"), evicted(), lost("DependenciesNotReady: Pod failed and is replaced: Evicted: "+full, "Evicted", full),
		},
		"a task":                         {sandbox(), never(builder.MakePod("a").Phase(corev1.PodFailed)), finished("PodFailed: Pod failed")},
		"a task, evicted":                {sandbox(), never(evicted()), finished("PodFailed: Pod failed: Evicted: " + full)},
		"a task, stopped by its kubelet": {sandbox(), never(evicted()).Deleting(), want{Ready: "DependenciesNotReady: Pod is terminating"}},
		"a task that is about to be deleted": {
			sandbox(), never(builder.MakePod("a").Phase(corev1.PodFailed).Conditions(disruption("DeletionByPodGC", ""))),
			want{Ready: "DependenciesNotReady: Pod exists with phase: Failed"},
		},
		"a task that had failed when it was deleted": {
			sandbox().Condition("Finished", "True", "PodFailed"), never(builder.MakePod("a").Phase(corev1.PodFailed)).Deleting(), finished("PodFailed: Pod failed"),
		},
		"in a pool, which replaces the Sandbox": {
			sandbox().Pool(builder.MakePool("p").Template("t").Obj()), evicted(), finished("PodFailed: Pod failed: Evicted: " + full),
		},
		"of a claim": {
			sandbox().ClaimedBy(builder.MakeClaim("c").Pool("p").Obj()), evicted(), lost("DependenciesNotReady: Pod failed and is replaced: Evicted: "+full, "Evicted", full),
		},
		"suspended": {sandbox().OperatingMode(sandboxv1.OperatingModeSuspended), evicted(), want{Ready: "SandboxSuspended: Sandbox is suspending"}},
	} {
		t.Run(name, func(t *testing.T) {
			status := rules.SandboxStatus(tc.sandbox.Obj(), rules.Observed{Pods: []*corev1.Pod{tc.pod.Obj()}}, later)
			got := want{Ready: told(status, "Ready"), Finished: told(status, "Finished"), Replaced: status.Replacements}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
		})
	}
}

// told returns the reason and message of a condition, or nothing.
func told(status sandboxv1.SandboxStatus, kind string) string {
	c := meta.FindStatusCondition(status.Conditions, kind)
	if c == nil {
		return ""
	}
	return c.Reason + ": " + c.Message
}

// The reason is in the message until the Sandbox is Ready again, and not when it stops being Ready later for another reason.
func TestWhyAPodWasReplacedIsSaidUntilReady(t *testing.T) {
	obj := builder.MakeSandbox("a").Ready().Obj()
	now := later
	look := func(pods ...*builder.PodWrapper) string {
		t.Helper()
		now = now.Add(time.Minute)
		var observed rules.Observed
		for _, pod := range pods {
			observed.Pods = append(observed.Pods, pod.Obj())
		}
		obj.Status = rules.SandboxStatus(obj, observed, now)
		return told(obj.Status, "Ready")
	}
	next := func() *builder.PodWrapper { return builder.MakePod("a").UID("next") }
	for i, step := range []struct{ got, want string }{
		{look(builder.MakePod("a").Failed("Evicted", "full")), "DependenciesNotReady: Pod failed and is replaced: Evicted: full"},
		{look(), "DependenciesNotReady: Pod does not exist; the last Pod ended: Evicted: full"},
		{look(next().Phase(corev1.PodPending)), "DependenciesNotReady: Pod exists with phase: Pending; the last Pod ended: Evicted: full"},
		{look(next().Ready().Condition(corev1.PodReady, corev1.ConditionFalse)), "DependenciesNotReady: Pod is Running but not Ready; the last Pod ended: Evicted: full"},
		{look(next().Ready()), "DependenciesReady: Pod is Ready"},
		{look(next().Ready().Condition(corev1.PodReady, corev1.ConditionFalse)), "DependenciesNotReady: Pod is Running but not Ready"},
	} {
		if step.got != step.want {
			t.Errorf("step %d: %s, want %s", i, step.got, step.want)
		}
	}
	if got := obj.Status.Replacements; got == nil || got.Count != 1 || got.LastPodUID != "pod-a-uid" {
		t.Errorf("in the end, the status says %v", got)
	}
}

// Pods that fail soon after their creation are replaced later and later, and at once again after one that ran for ten minutes. Each
// counts once.
func TestBackoffOfReplacements(t *testing.T) {
	obj := builder.MakeSandbox("a").Ready().Obj()
	now := builder.Epoch
	fail := func(uid string, age time.Duration) time.Duration {
		t.Helper()
		now = now.Add(age)
		pod := builder.MakePod("a").Failed("Evicted", "").Obj()
		pod.UID, pod.CreationTimestamp.Time = builder.UID("pod", uid), now.Add(-age)
		observed := rules.Observed{Pods: []*corev1.Pod{pod}}
		if _, replace := rules.ReplacePodIn(obj, pod, now); replace {
			t.Error("it is deleted before its end is on record")
		}
		obj.Status = rules.SandboxStatus(obj, observed, now)
		again := rules.SandboxStatus(obj, observed, now.Add(time.Second))
		if rules.SandboxStatusChanged(obj, again) {
			t.Errorf("a second look would write again:\n%s", cmp.Diff(obj.Status, again))
		}
		wait, replace := rules.ReplacePodIn(obj, pod, now)
		if !replace {
			t.Error("it is not replaced")
		}
		if later, _ := rules.ReplacePodIn(obj, pod, now.Add(wait)); later != 0 {
			t.Errorf("after %s it waits for another %s", wait, later)
		}
		return wait
	}
	var got []string
	for i, age := range []time.Duration{time.Hour, 0, 0, 0, 0, 0, 0, 0, 0, 10 * time.Minute, 9 * time.Minute, time.Minute} {
		got = append(got, fail(string(rune('a'+i)), age).String())
	}
	want := []string{"0s", "0s", "10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s", "0s", "0s", "10s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("delays (-want +got):\n%s", diff)
	}
	if got := obj.Status.Replacements.Count; got != int32(len(want)) {
		t.Errorf("%d were replaced, want %d", got, len(want))
	}
}

// A Sandbox that is to have no Pod gets none in place of one that failed.
func TestNothingReplacesThePodOfWhatEnds(t *testing.T) {
	failed := builder.MakePod("a").Failed("Evicted", "").Obj()
	recorded := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("a").Replaced(1, 1, "Evicted", "", failed.UID, later)
	}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    bool
	}{
		"it runs":             {recorded(), true},
		"another Pod failed":  {builder.MakeSandbox("a").Replaced(1, 1, "Evicted", "", "other", later), false},
		"it is suspended":     {recorded().OperatingMode(sandboxv1.OperatingModeSuspended), false},
		"it has expired":      {recorded().ShutdownTime(later), false},
		"it is being deleted": {recorded().Deleting(), false},
		"it keeps its Pod":    {recorded().Annotation("agents.x-k8s.io/keep-ended-pod", "true"), false},
	} {
		if _, got := rules.ReplacePodIn(tc.sandbox.Obj(), failed, later); got != tc.want {
			t.Errorf("%s: replaced: %t", name, got)
		}
	}
}
