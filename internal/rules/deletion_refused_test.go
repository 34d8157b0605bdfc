package rules_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// keeps is the refusal of a deletion.
func keeps(resource, name string) error {
	return fmt.Errorf("deleting %q: %w", name, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, name, errors.New("it is kept")))
}

// A refused deletion is said once, stays said as long as the deletion is pending, and is not said any more after that.
func TestADeletionOfASandboxThatIsRefused(t *testing.T) {
	expired := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("a").ShutdownTime(builder.Epoch.Add(-time.Hour))
	}
	running := func() *corev1.Pod { return builder.MakePod("a").Obj() }
	terminating := running()
	terminating.DeletionTimestamp = new(metav1.NewTime(builder.Epoch))
	service := &corev1.Service{}
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		seen    rules.Observed
		says    string
		next    rules.Observed
		kept    bool
	}{
		"an expired Sandbox with a Pod": {
			expired(), rules.Observed{Pods: []*corev1.Pod{running()}}, "SandboxExpired: Sandbox has expired",
			rules.Observed{Pods: []*corev1.Pod{running()}}, true,
		},
		"an expired Sandbox whose Pod goes": {
			expired(), rules.Observed{Pods: []*corev1.Pod{running()}}, "SandboxExpired: Sandbox has expired",
			rules.Observed{Pods: []*corev1.Pod{terminating}}, false,
		},
		"an expired Sandbox without a Pod": {
			expired(), rules.Observed{Pods: []*corev1.Pod{running()}}, "SandboxExpired: Sandbox has expired", rules.Observed{}, false,
		},
		"an expired Sandbox with a Service": {
			expired(), rules.Observed{Service: service}, "SandboxExpired: Sandbox has expired", rules.Observed{Service: service}, true,
		},
		"an expired Sandbox that is deleted itself": {
			expired().ShutdownPolicy(sandboxv1.ShutdownPolicyDelete), rules.Observed{}, "SandboxExpired: Sandbox has expired", rules.Observed{}, true,
		},
		"a Pod that is replaced": {
			builder.MakeSandbox("a"), rules.Observed{Pods: []*corev1.Pod{builder.MakePod("a").Failed("Evicted", "full").Obj()}},
			"DependenciesNotReady: Pod failed and is replaced: Evicted: full",
			rules.Observed{Pods: []*corev1.Pod{builder.MakePod("a").Failed("Evicted", "full").Obj()}}, true,
		},
		"a Pod that was replaced": {
			builder.MakeSandbox("a"), rules.Observed{Pods: []*corev1.Pod{builder.MakePod("a").Failed("Evicted", "full").Obj()}},
			"DependenciesNotReady: Pod failed and is replaced: Evicted: full", rules.Observed{}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox := tc.sandbox.Obj()
			tc.seen.Refused = keeps("pods", "a")
			sandbox.Status = rules.SandboxStatus(sandbox, tc.seen, builder.Epoch)
			says := tc.says + "; a deletion is refused: " + tc.seen.Refused.Error()
			if got := told(sandbox.Status, "Ready"); got != says {
				t.Errorf("it says %s, want %s", got, says)
			}
			next := rules.SandboxStatus(sandbox, tc.next, builder.Epoch)
			if got := told(next, "Ready"); (got == says) != tc.kept || strings.Contains(got, "refused") != tc.kept {
				t.Errorf("then it says %s", got)
			}
		})
	}
}

// The same for a claim. Nothing is said of it that is too long for a condition.
func TestADeletionOfAClaimThatIsRefused(t *testing.T) {
	claim := builder.MakeClaim("mine").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: builder.Epoch}}).Obj()
	status := func(refused error, pending bool) string {
		claim.Status = rules.WithRefusedDeletion(claim, rules.ExpiredStatus(claim, nil, builder.Epoch), refused, pending)
		return claim.Status.Conditions[0].Message
	}
	const plain = "Claim expired. Sandbox cleanup initiated."
	said := plain + "; a deletion is refused: " + keeps("sandboxes", "mine").Error()
	for i, step := range []struct {
		refused error
		pending bool
		want    string
	}{
		{nil, true, plain},
		{keeps("sandboxes", "mine"), true, said},
		{nil, true, said},
		{nil, false, plain},
		{nil, true, plain},
	} {
		if got := status(step.refused, step.pending); got != step.want {
			t.Errorf("step %d: it says %s, want %s", i, got, step.want)
		}
	}
	if got := status(errors.New(strings.Repeat("x", 50_000)), true); len(got) != 32768 {
		t.Errorf("it says %d bytes", len(got))
	}
}

// A pool says that a deletion is refused in the same words for each member. A lost race is no refusal.
func TestADeletionOfMembersThatIsRefused(t *testing.T) {
	members := []*sandboxv1.Sandbox{builder.MakeSandbox("p-aaaaa").Obj(), builder.MakeSandbox("p-bbbbb").Obj()}
	const want = `Deleting a Sandbox failed: deleting "p-*": sandboxes "p-*" is forbidden: it is kept`
	for _, name := range []string{"p-aaaaa", "p-bbbbb"} {
		problem := rules.PoolDeletionRefusedError(members, keeps("sandboxes", name))
		if problem == nil || problem.Reason != "SandboxRefused" || problem.Message != want {
			t.Errorf("it says %v, want %s", problem, want)
		}
	}
	sandboxes := schema.GroupResource{Resource: "sandboxes"}
	for name, err := range map[string]error{
		"nothing": nil, "a conflict": apierrors.NewConflict(sandboxes, "p-aaaaa", errors.New("changed")),
		"gone": apierrors.NewNotFound(sandboxes, "p-aaaaa"), "no answer": errors.New("connection refused"),
	} {
		if problem := rules.PoolDeletionRefusedError(members, err); problem != nil {
			t.Errorf("%s: it says %v", name, problem)
		}
	}
}

// A refusal of a deletion that reads differently each time wakes nobody. The first does.
func TestARefusedDeletionInOtherWords(t *testing.T) {
	sandbox := func(refused string) *sandboxv1.Sandbox {
		obj := builder.MakeSandbox("a").ShutdownTime(builder.Epoch.Add(-time.Hour)).Obj()
		seen := rules.Observed{Pods: []*corev1.Pod{builder.MakePod("a").Obj()}}
		if refused != "" {
			seen.Refused = errors.New(refused)
		}
		obj.Status = rules.SandboxStatus(obj, seen, builder.Epoch)
		return obj
	}
	for name, tc := range map[string]struct {
		before, after string
		want          bool
	}{
		"in other words": {"no, request 1", "no, request 2", true},
		"the first":      {"", "no, request 1", false},
		"over":           {"no, request 1", "", false},
	} {
		if got := rules.IsReworded(sandbox(tc.before), sandbox(tc.after)); got != tc.want {
			t.Errorf("%s: reworded: %t", name, got)
		}
	}
}
