package rules_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// The pool asks for three, and is in its seventh generation. A condition that is the same as before keeps its
// transition time.
func TestPoolStatus(t *testing.T) {
	now, before := metav1.NewTime(builder.Epoch.Add(time.Hour)), metav1.NewTime(builder.Epoch)
	missing := rules.TemplateNotFoundError("t")
	refused := &rules.ConditionError{Reason: "SandboxRefused", Message: "no"}
	progressing := func(status metav1.ConditionStatus, reason, message string, since metav1.Time) metav1.Condition {
		return metav1.Condition{Type: "Progressing", Status: status, Reason: reason, Message: message, ObservedGeneration: 7, LastTransitionTime: since}
	}
	ready := func(status metav1.ConditionStatus, reason, message string, since metav1.Time) metav1.Condition {
		return metav1.Condition{Type: "Ready", Status: status, Reason: reason, Message: message, ObservedGeneration: 7, LastTransitionTime: since}
	}
	const yes, no = metav1.ConditionTrue, metav1.ConditionFalse
	notReady := "1 of 3 Sandboxes have not been Ready for longer than the grace period of 5m0s: 1 are replaced, 0 wait for a node"
	stuck := []metav1.Condition{progressing(no, "SandboxesNotReady", notReady, before), ready(no, "PoolNotReady", "2 of 3 Sandboxes are Ready", before)}
	for name, tc := range map[string]struct {
		old             []metav1.Condition
		plan            rules.PoolPlan
		problem         *rules.ConditionError
		replicas, ready int32
		conditions      []metav1.Condition
	}{
		"a new pool": {
			plan: rules.PoolPlan{Create: 3}, conditions: []metav1.Condition{
				progressing(yes, "PoolFilling", "3 of 3 Sandboxes are not Ready yet", now), ready(no, "PoolNotReady", "0 of 3 Sandboxes are Ready", now),
			},
		},
		"a pool that fills": {
			old:  []metav1.Condition{progressing(yes, "PoolFilling", "", before), ready(no, "PoolNotReady", "", before)},
			plan: rules.PoolPlan{Replicas: 3, Ready: 2}, replicas: 3, ready: 2, conditions: []metav1.Condition{
				progressing(yes, "PoolFilling", "1 of 3 Sandboxes are not Ready yet", before), ready(no, "PoolNotReady", "2 of 3 Sandboxes are Ready", before),
			},
		},
		"a pool that is full": {
			old:  []metav1.Condition{progressing(yes, "PoolFilling", "", before), ready(no, "PoolNotReady", "", before)},
			plan: rules.PoolPlan{Replicas: 3, Ready: 3}, replicas: 3, ready: 3, conditions: []metav1.Condition{
				progressing(yes, "PoolComplete", "All 3 Sandboxes are Ready", before), ready(yes, "PoolReady", "3 of 3 Sandboxes are Ready", now),
			},
		},
		"a pool that is larger than it should be, and shrinks": {
			plan: rules.PoolPlan{Replicas: 4, Ready: 4, Terminating: 1}, replicas: 4, ready: 4, conditions: []metav1.Condition{
				progressing(yes, "PoolComplete", "All 3 Sandboxes are Ready", now), ready(yes, "PoolReady", "4 of 3 Sandboxes are Ready", now),
			},
		},
		"a pool of which some are leaving": {
			plan: rules.PoolPlan{Replicas: 1, Ready: 1, Terminating: 2}, replicas: 1, ready: 1, conditions: []metav1.Condition{
				progressing(yes, "PoolFilling", "2 of 3 Sandboxes are not Ready yet", now), ready(no, "PoolNotReady", "1 of 3 Sandboxes are Ready; 2 are being deleted", now),
			},
		},
		"a pool that replaces what is outdated": {
			plan: rules.PoolPlan{Replicas: 3, Ready: 3, Outdated: 2, OutdatedReady: 2}, replicas: 3, ready: 3, conditions: []metav1.Condition{
				progressing(yes, "PoolReplacing", "2 of 3 Sandboxes are of an earlier template and are being replaced", now),
				ready(no, "PoolNotReady", "3 of 3 Sandboxes are Ready; 2 are of an earlier template", now),
			},
		},
		"a pool without its template, full or not": {
			old:  []metav1.Condition{ready(yes, "PoolReady", "", before)},
			plan: rules.PoolPlan{Replicas: 3, Ready: 3}, problem: missing, replicas: 3, ready: 3, conditions: []metav1.Condition{
				progressing(no, "TemplateNotFound", `SandboxTemplate "t" not found`, now), ready(no, "TemplateNotFound", `SandboxTemplate "t" not found`, now),
			},
		},
		"a pool whose Sandboxes are refused": {
			old:  []metav1.Condition{progressing(yes, "PoolFilling", "", before), ready(no, "PoolNotReady", "", before)},
			plan: rules.PoolPlan{Create: 2, Replicas: 1}, problem: refused, replicas: 1, conditions: []metav1.Condition{
				progressing(no, "SandboxRefused", "no", now), ready(no, "PoolNotReady", "0 of 3 Sandboxes are Ready", before),
			},
		},
		"a pool whose Sandboxes' Pods are refused": {
			old:  []metav1.Condition{progressing(yes, "PoolFilling", "", before), ready(no, "PoolNotReady", "", before)},
			plan: rules.PoolPlan{Create: 1, Replicas: 2, Refused: 2, Refusal: "no"}, replicas: 2, conditions: []metav1.Condition{
				progressing(no, "SandboxRefused", "The API server refuses what 2 of 3 Sandboxes need: no", now),
				ready(no, "PoolNotReady", "0 of 3 Sandboxes are Ready", before),
			},
		},
		"a pool that was refused, and creates again": {
			old:  []metav1.Condition{progressing(no, "SandboxRefused", "no", before), ready(no, "PoolNotReady", "", before)},
			plan: rules.PoolPlan{Create: 2, Created: 1, Replicas: 1}, replicas: 1, conditions: []metav1.Condition{
				progressing(yes, "PoolFilling", "3 of 3 Sandboxes are not Ready yet", now), ready(no, "PoolNotReady", "0 of 3 Sandboxes are Ready", before),
			},
		},
		"a pool whose Pods end again and again": {
			plan: rules.PoolPlan{Replicas: 3, Ready: 1, Ended: 2, EndedAgain: true}, replicas: 3, ready: 1, conditions: []metav1.Condition{
				progressing(no, "SandboxesEnded", "The Pods of Sandboxes end, and so do those of their replacements: "+
					"2 of 3 have ended and are replaced later and later", now),
				ready(no, "PoolNotReady", "1 of 3 Sandboxes are Ready", now),
			},
		},
		"a pool of which most are not Ready together": {
			plan: rules.PoolPlan{Replicas: 3, Ready: 1, Held: 2, Together: true}, replicas: 3, ready: 1, conditions: []metav1.Condition{
				progressing(no, "SandboxesNotReady", "2 of 3 Sandboxes have not been Ready for longer than the grace period of 5m0s: "+
					"most turned NotReady together, and none is replaced while that lasts", now),
				ready(no, "PoolNotReady", "1 of 3 Sandboxes are Ready", now),
			},
		},
		"a pool with one that does not become Ready": {
			plan: rules.PoolPlan{Replicas: 3, Ready: 2, Stuck: 1}, replicas: 3, ready: 2, conditions: []metav1.Condition{
				progressing(no, "SandboxesNotReady", notReady, now), ready(no, "PoolNotReady", "2 of 3 Sandboxes are Ready", now),
			},
		},
		"a pool with some that no node takes": {
			plan: rules.PoolPlan{Replicas: 3, Ready: 0, Stuck: 1, Unschedulable: 2}, replicas: 3, conditions: []metav1.Condition{
				progressing(no, "SandboxesNotReady", "3 of 3 Sandboxes have not been Ready for longer than the grace period of 5m0s: 1 are replaced, 2 wait for a node", now),
				ready(no, "PoolNotReady", "0 of 3 Sandboxes are Ready", now),
			},
		},
		"a pool with nothing but such": {
			plan: rules.PoolPlan{Replicas: 3, Ready: 1, Unschedulable: 2}, replicas: 3, ready: 1, conditions: []metav1.Condition{
				progressing(no, "SandboxesUnschedulable", "2 of 3 Sandboxes have not been Ready for longer than the grace period of 5m0s: 0 are replaced, 2 wait for a node", now),
				ready(no, "PoolNotReady", "1 of 3 Sandboxes are Ready", now),
			},
		},
		"what was stuck is replaced, and its successor is not Ready yet": {
			old: stuck, plan: rules.PoolPlan{Replicas: 3, Ready: 2, LastReady: before.Add(-time.Minute)}, replicas: 3, ready: 2, conditions: stuck,
		},
		"what was stuck is replaced, and one of its successors starts while another waits for a node": {
			old: stuck, plan: rules.PoolPlan{Replicas: 3, Ready: 1, Unschedulable: 1, LastReady: before.Add(-time.Minute)}, replicas: 3, ready: 1,
			conditions: []metav1.Condition{stuck[0], ready(no, "PoolNotReady", "1 of 3 Sandboxes are Ready", before)},
		},
		"what was stuck is replaced, and no node takes its successor": {
			old: stuck, plan: rules.PoolPlan{Replicas: 3, Ready: 2, Unschedulable: 1, LastReady: before.Add(-time.Minute)}, replicas: 3, ready: 2,
			conditions: []metav1.Condition{
				progressing(no, "SandboxesUnschedulable", "1 of 3 Sandboxes have not been Ready for longer than the grace period of 5m0s: 0 are replaced, 1 wait for a node", before),
				stuck[1],
			},
		},
		"what was stuck is replaced, and another has become Ready since": {
			old: stuck, plan: rules.PoolPlan{Replicas: 3, Ready: 2, LastReady: before.Add(time.Minute)}, replicas: 3, ready: 2, conditions: []metav1.Condition{
				progressing(yes, "PoolFilling", "1 of 3 Sandboxes are not Ready yet", now), stuck[1],
			},
		},
		"what was stuck is not wanted any more": {
			old: stuck, plan: rules.PoolPlan{Replicas: 3, Ready: 3, LastReady: before.Add(-time.Minute)}, replicas: 3, ready: 3, conditions: []metav1.Condition{
				progressing(yes, "PoolComplete", "All 3 Sandboxes are Ready", now), ready(yes, "PoolReady", "3 of 3 Sandboxes are Ready", now),
			},
		},
		"nothing was tried since a Sandbox was refused": {
			old:  []metav1.Condition{progressing(no, "SandboxRefused", "no", before), ready(no, "PoolNotReady", "1 of 3 Sandboxes are Ready", before)},
			plan: rules.PoolPlan{Create: 2, Replicas: 1, Ready: 1}, replicas: 1, ready: 1, conditions: []metav1.Condition{
				progressing(no, "SandboxRefused", "no", before), ready(no, "PoolNotReady", "1 of 3 Sandboxes are Ready", before),
			},
		},
		"all were created since": {
			old:  []metav1.Condition{progressing(no, "SandboxRefused", "no", before), ready(no, "PoolNotReady", "", before)},
			plan: rules.PoolPlan{Replicas: 3, Ready: 1}, replicas: 3, ready: 1, conditions: []metav1.Condition{
				progressing(yes, "PoolFilling", "2 of 3 Sandboxes are not Ready yet", now), ready(no, "PoolNotReady", "1 of 3 Sandboxes are Ready", before),
			},
		},
		"the template is there again": {
			old:  []metav1.Condition{progressing(no, "TemplateNotFound", "", before), ready(no, "TemplateNotFound", "", before)},
			plan: rules.PoolPlan{Create: 3}, conditions: []metav1.Condition{
				progressing(yes, "PoolFilling", "3 of 3 Sandboxes are not Ready yet", now), ready(no, "PoolNotReady", "0 of 3 Sandboxes are Ready", before),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			pool := builder.MakePool("test-pool").Template("t").Replicas(3).Generation(7).Obj()
			pool.Status.Conditions = tc.old
			want := extensionsv1.SandboxWarmPoolStatus{
				Replicas: tc.replicas, ReadyReplicas: tc.ready, Selector: "agents.x-k8s.io/warm-pool-sandbox=59733166", ObservedGeneration: 7,
				Conditions: tc.conditions,
			}
			tc.plan.Grace = 5 * time.Minute
			got := rules.PoolStatus(pool, tc.plan, tc.problem, now.Time)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if !rules.PoolStatusChanged(pool, got) {
				t.Error("the status is not written")
			}
			pool.Status = got
			if rules.PoolStatusChanged(pool, rules.PoolStatus(pool, tc.plan, tc.problem, now.Add(time.Hour))) {
				t.Error("a second pass would write again")
			}
		})
	}
}

func TestPoolRefused(t *testing.T) {
	sandboxes := schema.GroupResource{Group: "agents.x-k8s.io", Resource: "sandboxes"}
	quota := apierrors.NewForbidden(sandboxes, "p-abcde", errors.New("exceeded quota: small"))
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"nothing": {nil, ""},
		"a quota": {quota, `Creating a Sandbox failed: sandboxes.agents.x-k8s.io "p-*" is forbidden: exceeded quota: small`},
		"a rule": {
			apierrors.NewInvalid(schema.GroupKind{Kind: "Sandbox"}, "p-abcde", nil), `Creating a Sandbox failed: Sandbox "p-*" is invalid`,
		},
		"a webhook without a code": {apierrors.NewBadRequest("denied: p-abcde is p-abcde"), "Creating a Sandbox failed: denied: p-* is p-*"},
		"too many requests":        {apierrors.NewTooManyRequests("later", 1), ""},
		"a webhook that is down":   {apierrors.NewInternalError(errors.New("failed calling webhook")), ""},
		"a connection that broke":  {errors.New("EOF"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := rules.PoolRefusedError("p-abcde", tc.err)
			if got == nil {
				got = &rules.ConditionError{}
			} else if !errors.Is(got.Cause, tc.err) || got.Reason != extensionsv1.ReasonSandboxRefused {
				t.Errorf("got %+v", got)
			}
			if got.Message != tc.want {
				t.Errorf("got %q, want %q", got.Message, tc.want)
			}
		})
	}
}

// Only a change of state must be reported, and each change once.
func TestNextPoolEvent(t *testing.T) {
	status := func(status metav1.ConditionStatus, reason, message string) extensionsv1.SandboxWarmPoolStatus {
		if reason == "" {
			return extensionsv1.SandboxWarmPoolStatus{}
		}
		return extensionsv1.SandboxWarmPoolStatus{Conditions: []metav1.Condition{{Type: "Progressing", Status: status, Reason: reason, Message: message}}}
	}
	filling, full := status("True", "PoolFilling", "1 of 3"), status("True", "PoolComplete", "3 of 3")
	noRoom := status("False", "SandboxesUnschedulable", "1 waits")
	stuck, worse := status("False", "SandboxesNotReady", "1 stuck"), status("False", "SandboxesNotReady", "2 stuck")
	refused, missing := status("False", "SandboxRefused", "no"), status("False", "TemplateNotFound", "none")
	for name, tc := range map[string]struct {
		before, after extensionsv1.SandboxWarmPoolStatus
		want          *rules.PoolEvent
	}{
		"a new pool":               {status("", "", ""), filling, nil},
		"a pool that gets on":      {filling, full, nil},
		"one that is stuck":        {filling, stuck, &rules.PoolEvent{Type: "Warning", Reason: "WarmPoolNotProgressing", Note: "1 stuck"}},
		"a new one that is":        {status("", "", ""), missing, &rules.PoolEvent{Type: "Warning", Reason: "WarmPoolNotProgressing", Note: "none"}},
		"one that stays stuck":     {stuck, worse, nil},
		"stuck, and without room":  {stuck, noRoom, &rules.PoolEvent{Type: "Warning", Reason: "WarmPoolNotProgressing", Note: "1 waits"}},
		"one that is refused":      {filling, refused, &rules.PoolEvent{Type: "Warning", Reason: "SandboxRefused", Note: "no"}},
		"stuck, and then refused":  {stuck, refused, &rules.PoolEvent{Type: "Warning", Reason: "SandboxRefused", Note: "no"}},
		"refused, and then stuck":  {refused, stuck, &rules.PoolEvent{Type: "Warning", Reason: "WarmPoolNotProgressing", Note: "1 stuck"}},
		"one that gets on again":   {stuck, filling, &rules.PoolEvent{Type: "Normal", Reason: "WarmPoolProgressing", Note: "Warm pool is progressing again"}},
		"one that is full at last": {missing, full, &rules.PoolEvent{Type: "Normal", Reason: "WarmPoolProgressing", Note: "Warm pool is progressing again"}},
	} {
		if diff := cmp.Diff(tc.want, rules.NextPoolEvent(tc.before, tc.after)); diff != "" {
			t.Errorf("%s: event (-want +got):\n%s", name, diff)
		}
	}
}

func TestIsPoolRefused(t *testing.T) {
	for reason, want := range map[string]bool{"": false, "SandboxRefused": true, "PoolFilling": false} {
		pool := builder.MakePool("p")
		if reason != "" {
			pool.Condition("Progressing", metav1.ConditionFalse, reason)
		}
		if got := rules.IsPoolRefused(pool.Obj()); got != want {
			t.Errorf("%s: %t", reason, got)
		}
	}
}
