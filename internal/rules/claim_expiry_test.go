package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

const hour = time.Hour

// ending returns a claim that expires at a time, after its Sandbox finished, or both. Zero leaves the field out.
func ending(at, afterFinished time.Duration) *builder.ClaimWrapper {
	lifecycle := extensionsv1.Lifecycle{}
	if at != 0 {
		lifecycle.ShutdownTime = &metav1.Time{Time: builder.Epoch.Add(at)}
	}
	if afterFinished != 0 {
		lifecycle.TTLSecondsAfterFinished = new(int32(afterFinished / time.Second))
	}
	return builder.MakeClaim("c").Pool("p").Generation(3).Lifecycle(lifecycle)
}

func TestClaimExpiresAt(t *testing.T) {
	atOnce := builder.MakeClaim("c").Lifecycle(extensionsv1.Lifecycle{TTLSecondsAfterFinished: new(int32(0))})
	finished := func(w *builder.ClaimWrapper) *builder.ClaimWrapper {
		return w.Condition("Finished", metav1.ConditionTrue, "PodSucceeded")
	}
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		after time.Duration
		never bool
	}{
		"without a lifecycle":                        {claim: finished(builder.MakeClaim("c")), never: true},
		"with an empty one":                          {claim: finished(ending(0, 0)), never: true},
		"at its time":                                {claim: ending(hour, 0), after: hour},
		"after its Sandbox finished":                 {claim: finished(ending(0, hour)), after: hour},
		"at once when it finished":                   {claim: finished(atOnce), after: 0},
		"not before it finished":                     {claim: ending(0, hour), never: true},
		"not when it is said to be unfinished":       {claim: ending(0, hour).Condition("Finished", metav1.ConditionFalse, "Running"), never: true},
		"at its time, which is first":                {claim: finished(ending(hour, 2*hour)), after: hour},
		"after it finished, which is first":          {claim: finished(ending(2*hour, hour)), after: hour},
		"at its time, since it has not finished yet": {claim: ending(2*hour, hour), after: 2 * hour},
	} {
		t.Run(name, func(t *testing.T) {
			claim := tc.claim.Obj()
			at, expires := rules.ClaimExpiresAt(claim)
			if expires == tc.never || (expires && !at.Equal(builder.Epoch.Add(tc.after))) {
				t.Fatalf("got %v, %t; want %v after the start, never: %t", at, expires, tc.after, tc.never)
			}
			moment := builder.Epoch.Add(tc.after)
			if before, then := rules.IsClaimExpired(claim, moment.Add(-1)), rules.IsClaimExpired(claim, moment); before || then == tc.never {
				t.Errorf("expired just before: %t; then: %t", before, then)
			}
			want := map[bool]time.Duration{false: hour, true: 0}[tc.never]
			if got := rules.ClaimExpiresIn(claim, moment.Add(-hour)); got != want {
				t.Errorf("to be looked at after %v, want %v", got, want)
			}
		})
	}
}

// A claim that has been ended stays so, whoever's clock is behind, until its spec changes.
func TestAnEndedClaimStaysEnded(t *testing.T) {
	said := func(w *builder.ClaimWrapper) *builder.ClaimWrapper {
		return w.Condition("Ready", metav1.ConditionFalse, extensionsv1.ReasonClaimExpired)
	}
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  bool
	}{
		"its time has not come":              {ending(hour, 0), false},
		"it has been ended":                  {said(ending(hour, 0)), true},
		"it has been ended, and then more":   {said(ending(hour, 0)).Generation(4), false},
		"it does not expire any more":        {said(builder.MakeClaim("c").Generation(3)), false},
		"it says something else":             {ending(hour, 0).Condition("Ready", metav1.ConditionFalse, extensionsv1.ReasonSandboxExpired), false},
		"its Sandbox had finished, and went": {said(ending(0, hour).Condition("Finished", metav1.ConditionTrue, "PodSucceeded")), true},
	} {
		if got := rules.IsClaimExpired(tc.claim.Obj(), builder.Epoch); got != tc.want {
			t.Errorf("%s: expired: %t", name, got)
		}
	}
}

// A claim that expired in the meantime must be reconciled at once.
func TestUntilClaimExpiresAfterTheMoment(t *testing.T) {
	if got := rules.ClaimExpiresIn(ending(hour, 0).Obj(), builder.Epoch.Add(2*hour)); got != time.Millisecond {
		t.Errorf("got %v", got)
	}
}

func TestExpiredStatus(t *testing.T) {
	policy := func(p extensionsv1.ShutdownPolicy) *builder.ClaimWrapper {
		return builder.MakeClaim("c").Generation(3).BoundTo("a").StatusSandbox("a").
			Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &metav1.Time{Time: builder.Epoch}, ShutdownPolicy: p})
	}
	expired := condition("Ready", "False", "ClaimExpired", "Claim expired. Sandbox cleanup initiated.", later)
	finished := func(generation int64) metav1.Condition {
		return metav1.Condition{Type: "Finished", Status: "True", Reason: "PodFailed", ObservedGeneration: generation, LastTransitionTime: metav1.NewTime(builder.Epoch)}
	}
	ours := func() *builder.SandboxWrapper {
		return builder.MakeSandbox("a").Generation(8).ClaimedBy(policy("").Obj()).Ready()
	}
	shown := extensionsv1.ClaimedSandbox{Name: "a", UID: "sandbox-a-uid", PodIPs: []string{builder.DefaultPodIP}, PodUID: "pod-a-uid"}
	for name, tc := range map[string]struct {
		claim   *builder.ClaimWrapper
		sandbox *builder.SandboxWrapper
		want    extensionsv1.SandboxClaimStatus
	}{
		"under Delete, the Sandbox is shown to the end": {
			policy("Delete"), ours(), extensionsv1.SandboxClaimStatus{Sandbox: shown, Conditions: []metav1.Condition{expired}},
		},
		"under DeleteForeground, too": {
			policy("DeleteForeground"), ours(), extensionsv1.SandboxClaimStatus{Sandbox: shown, Conditions: []metav1.Condition{expired}},
		},
		"under Retain, it is given up": {
			policy("Retain"), ours(), extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{expired}},
		},
		"Retain is the default": {policy(""), ours(), extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{expired}}},
		"it finished just now": {
			policy("Retain"), ours().Condition("Finished", metav1.ConditionTrue, "PodFailed"),
			extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{finished(8), expired}},
		},
		"it finished, and its Pod is gone": {
			policy("Retain").Condition("Finished", metav1.ConditionTrue, "PodFailed"), ours().Deleting(),
			extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{finished(3), expired}},
		},
		"it finished, and is gone": {
			policy("Retain").Condition("Finished", metav1.ConditionTrue, "PodFailed"), nil,
			extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{finished(3), expired}},
		},
		"it has none": {
			builder.MakeClaim("c").Generation(3), nil, extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{expired}},
		},
		"its warm Sandbox was not adopted yet": {
			builder.MakeClaim("c").Generation(3).BoundTo("a"), builder.MakeSandbox("a").Pool(builder.MakePool("p").Obj()).Ready(),
			extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{expired}},
		},
		"a Sandbox that is not the claim's has its name": {
			builder.MakeClaim("a").Generation(3).BoundTo("a"), builder.MakeSandbox("a"),
			extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{condition("Ready", "False", "ClaimExpired",
				`Claim expired. Sandbox "a" is not controlled by claim "a"; deletion skipped.`, later)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			claim, now := tc.claim.Obj(), later
			pass := func() extensionsv1.SandboxClaimStatus {
				if tc.sandbox == nil {
					return rules.ExpiredStatus(claim, nil, now)
				}
				return rules.ExpiredStatus(claim, tc.sandbox.Obj(), now)
			}
			old := claim.DeepCopy()
			claim.Status = pass()
			tc.want.ObservedGeneration = 3
			if diff := cmp.Diff(tc.want, claim.Status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			wantRefusals(t, rules.CheckClaimStatus(old, claim, rules.Controller))
			now = now.Add(hour)
			if again := pass(); rules.ClaimStatusChanged(claim, again) {
				t.Errorf("a second pass would write again:\n%s", cmp.Diff(claim.Status, again))
			}
		})
	}
}

// Only the controller may remove the Sandbox from a claim's record, and only from a claim that expires under Retain.
func TestCheckClaimStatusOfASandboxGivenUp(t *testing.T) {
	const refused = "FieldValueInvalid status.sandbox.name"
	retain := func() *builder.ClaimWrapper { return ending(hour, 0).BoundTo("p-abcde") }
	gone := func() *builder.ClaimWrapper {
		return retain().Condition("Ready", metav1.ConditionFalse, "ClaimExpired")
	}
	for name, tc := range map[string]struct {
		after *builder.ClaimWrapper
		actor rules.Actor
		want  []string
	}{
		"by the controller":            {after: gone(), actor: rules.Controller},
		"by a user":                    {after: gone(), actor: rules.User, want: []string{refused}},
		"by the garbage collector":     {after: gone(), actor: rules.GarbageCollector, want: []string{refused}},
		"of a claim that goes on":      {after: retain(), actor: rules.Controller, want: []string{refused}},
		"of a claim that never ends":   {after: gone().Lifecycle(extensionsv1.Lifecycle{}), actor: rules.Controller, want: []string{refused}},
		"of a claim that is deleted":   {after: gone().Lifecycle(extensionsv1.Lifecycle{ShutdownPolicy: "Delete"}), actor: rules.Controller, want: []string{refused}},
		"that no annotation names":     {after: gone().WithoutAnnotation("agents.x-k8s.io/sandbox-name"), actor: rules.Controller, want: []string{refused}},
		"in exchange for another one":  {after: gone().StatusSandbox("p-fghij"), actor: rules.Controller, want: []string{refused}},
		"in exchange for the same one": {after: gone().StatusSandbox("p-abcde"), actor: rules.User},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusals(t, rules.CheckClaimStatus(retain().StatusSandbox("p-abcde").Obj(), tc.after.Obj(), tc.actor), tc.want...)
		})
	}
}
