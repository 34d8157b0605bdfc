package rules_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestClaimStatus(t *testing.T) {
	claim := builder.MakeClaim("c").Template("t").BoundTo("a").Generation(3)
	sandbox := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Generation(8).ClaimedBy(claim.Obj()) }
	served := extensionsv1.ClaimedSandbox{Name: "a", UID: "sandbox-a-uid", PodIPs: []string{builder.DefaultPodIP}, PodUID: "pod-a-uid"}
	early := extensionsv1.ClaimedSandbox{Name: "a", UID: "sandbox-a-uid"}
	ready := func(status, reason, message string) metav1.Condition {
		return condition("Ready", status, reason, message, later)
	}
	refusal := errors.New("quota exceeded")
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		problem *rules.ConditionError
		had     bool
		want    extensionsv1.SandboxClaimStatus
	}{
		"no template": {
			problem: rules.TemplateNotFoundError("t"),
			want:    extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{ready("False", "TemplateNotFound", `SandboxTemplate "t" not found`)}},
		},
		"no pool": {
			problem: rules.WarmPoolNotFoundError("p"),
			want:    extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{ready("False", "WarmPoolNotFound", `SandboxWarmPool "p" not found`)}},
		},
		"the name is taken": {
			problem: rules.NameTakenError(builder.MakeClaim("c").BoundTo("c-12345").Obj()),
			want: extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{ready("False", "ReconcilerError",
				`Error seen: sandbox "c-12345" is not controlled by claim "c". Please use a different claim name or delete the sandbox manually`)}},
		},
		"a write was refused": {
			problem: rules.RefusedError(refusal),
			want:    extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{ready("False", "ReconcilerError", "Error seen: quota exceeded")}},
		},
		"the Sandbox is Ready": {
			sandbox: sandbox().Ready(),
			want:    extensionsv1.SandboxClaimStatus{Sandbox: served, Conditions: []metav1.Condition{ready("True", "DependenciesReady", "")}},
		},
		"the Sandbox is not Ready": {
			sandbox: sandbox().Condition("Ready", metav1.ConditionFalse, "DependenciesNotReady"),
			want:    extensionsv1.SandboxClaimStatus{Sandbox: early, Conditions: []metav1.Condition{ready("False", "DependenciesNotReady", "")}},
		},
		"the Sandbox says nothing yet": {
			sandbox: sandbox(),
			want:    extensionsv1.SandboxClaimStatus{Sandbox: early, Conditions: []metav1.Condition{ready("False", "SandboxNotReady", "Sandbox is not ready")}},
		},
		"the Sandbox was Ready a generation ago": {
			sandbox: sandbox().Ready().Generation(9),
			want: extensionsv1.SandboxClaimStatus{Sandbox: served, Conditions: []metav1.Condition{
				ready("False", "SandboxNotReady", "Sandbox has changed and is not ready yet"),
			}},
		},
		"the Sandbox is being deleted": {
			sandbox: sandbox().Ready().Deleting(), had: true,
			want: extensionsv1.SandboxClaimStatus{Sandbox: served, Conditions: []metav1.Condition{ready("False", "SandboxNotReady", "Sandbox is being deleted")}},
		},
		"the Sandbox is being deleted, and was never shown": {
			sandbox: sandbox().Ready().Deleting(),
			want:    extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{ready("False", "SandboxNotReady", "Sandbox is being deleted")}},
		},
		"every race was lost": {
			problem: rules.AdoptionConflictError(refusal),
			want: extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{
				ready("False", "AdoptionConflict", "quota exceeded; the next pass retries from a converged view"),
			}},
		},
		"the Sandbox expired by itself": {
			sandbox: sandbox().Condition("Ready", metav1.ConditionFalse, "SandboxExpired"),
			want: extensionsv1.SandboxClaimStatus{Sandbox: early, Conditions: []metav1.Condition{
				ready("False", "SandboxExpired", "Underlying Sandbox resource has expired independently of the Claim."),
			}},
		},
		"the Sandbox finished: mirrored with its own generation and time, and before Ready": {
			sandbox: sandbox().Condition("Ready", metav1.ConditionFalse, "PodFailed").Condition("Finished", metav1.ConditionTrue, "PodFailed").
				Condition("PodScheduled", metav1.ConditionTrue, "PodScheduled"),
			want: extensionsv1.SandboxClaimStatus{Sandbox: early, Conditions: []metav1.Condition{
				{Type: "Finished", Status: "True", Reason: "PodFailed", ObservedGeneration: 8, LastTransitionTime: metav1.NewTime(builder.Epoch)},
				ready("False", "PodFailed", ""),
			}},
		},
		"the Sandbox is there, and something else is wrong": {
			sandbox: sandbox().Ready(), problem: rules.RefusedError(refusal),
			want: extensionsv1.SandboxClaimStatus{Sandbox: served, Conditions: []metav1.Condition{ready("False", "ReconcilerError", "Error seen: quota exceeded")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			obj := claim.Obj()
			if tc.had {
				obj.Status.Sandbox.Name = "a"
			}
			pass := func(now time.Time) extensionsv1.SandboxClaimStatus {
				if tc.sandbox == nil {
					return rules.ClaimStatus(obj, nil, tc.problem, now)
				}
				return rules.ClaimStatus(obj, tc.sandbox.Obj(), tc.problem, now)
			}
			got := pass(later)
			tc.want.ObservedGeneration = 3
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if !rules.ClaimStatusChanged(obj, got) {
				t.Error("the status is not written")
			}
			obj.Status = got
			if again := pass(later.Add(time.Hour)); rules.ClaimStatusChanged(obj, again) {
				t.Errorf("a second pass would write again:\n%s", cmp.Diff(got, again))
			}
		})
	}
}

func TestClaimStatusOfALostSandbox(t *testing.T) {
	claim := builder.MakeClaim("c").BoundTo("a").Generation(3).Condition("Ready", metav1.ConditionTrue, "DependenciesReady").
		Condition("Finished", metav1.ConditionTrue, "PodFailed").Obj()
	claim.Status.Sandbox = extensionsv1.ClaimedSandbox{Name: "a", UID: "sandbox-a-uid", PodIPs: []string{"10.0.0.1"}, PodUID: "pod-a-uid"}
	want := extensionsv1.SandboxClaimStatus{
		ObservedGeneration: 3, Sandbox: extensionsv1.ClaimedSandbox{Name: "a", UID: "sandbox-a-uid"},
		Conditions: []metav1.Condition{
			{Type: "Finished", Status: "True", Reason: "PodFailed", ObservedGeneration: 3, LastTransitionTime: metav1.NewTime(builder.Epoch)},
			condition("Ready", "False", "SandboxMissing", "Sandbox does not exist", later),
		},
	}
	if diff := cmp.Diff(want, rules.ClaimStatus(claim, nil, rules.SandboxMissingError(), later)); diff != "" {
		t.Errorf("it stays on record, and that it finished; its Pod is gone (-want +got):\n%s", diff)
	}
}

func TestClaimStatusKeepsTheTimeOfATransition(t *testing.T) {
	claim := builder.MakeClaim("c").Condition("Ready", metav1.ConditionFalse, "TemplateNotFound").Obj()
	sandbox := builder.MakeSandbox("a").ClaimedBy(claim)
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		want    time.Time
	}{
		"another reason is no transition": {sandbox, builder.Epoch},
		"another status is one":           {builder.MakeSandbox("a").ClaimedBy(claim).Ready(), later},
	} {
		t.Run(name, func(t *testing.T) {
			got := rules.ClaimStatus(claim, tc.sandbox.Obj(), nil, later).Conditions[0].LastTransitionTime.Time
			if !got.Equal(tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestProblemCarriesItsCause(t *testing.T) {
	cause := errors.New("refused")
	if got := rules.RefusedError(cause); !errors.Is(got.Cause, cause) || got.Error() != "Error seen: refused" {
		t.Errorf("got %v, caused by %v", got, got.Cause)
	}
	if got := rules.SandboxMissingError(); got.Cause != nil {
		t.Errorf("what an event will end has the cause %v, and would be tried again", got.Cause)
	}
}
