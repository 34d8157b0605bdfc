package rules_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestTurnedReady(t *testing.T) {
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c").Pool("p").BoundTo("a") }
	ready := func(status metav1.ConditionStatus) *builder.ClaimWrapper {
		return claim().Condition("Ready", status, "R")
	}
	noted := func(w *builder.ClaimWrapper) *builder.ClaimWrapper {
		return w.Annotation(sandboxv1.AnnotationClaimFirstReadyAt, "unknown")
	}
	for name, tc := range map[string]struct {
		before, after *builder.ClaimWrapper
		want          bool
	}{
		"the first status shows it Ready": {claim(), ready("True"), true},
		"it started":                      {ready("False"), ready("True"), true},
		"it is not Ready yet":             {claim(), ready("False"), false},
		"it stays Ready":                  {ready("True"), ready("True"), false},
		"it fell":                         {ready("True"), ready("False"), false},
		"it is Ready again":               {noted(ready("False")), noted(ready("True")), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.TurnedReady(tc.before.Obj(), tc.after.Obj()); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestFirstReadyStamp(t *testing.T) {
	claim := func(status metav1.ConditionStatus) *builder.ClaimWrapper {
		return builder.MakeClaim("c").Pool("p").BoundTo("a").Condition("Ready", status, "R") // at Epoch
	}
	shown := builder.Epoch.Add(1234567 * time.Nanosecond).In(time.FixedZone("", 3600))
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		shown time.Time
		after time.Duration
		stamp string
		wait  time.Duration
	}{
		"this manager showed it Ready":                      {claim: claim("True"), shown: shown, stamp: "2026-01-01T00:00:00.001234567Z"},
		"it fell since":                                     {claim: claim("False"), shown: shown, stamp: "2026-01-01T00:00:00.001234567Z"},
		"it is noted":                                       {claim: claim("True").Annotation(sandboxv1.AnnotationClaimFirstReadyAt, "x"), shown: shown},
		"it is not Ready":                                   {claim: claim("False"), after: time.Hour},
		"it has no status":                                  {claim: builder.MakeClaim("c").Pool("p"), after: time.Hour},
		"another manager has just shown it Ready":           {claim: claim("True"), after: 4 * time.Second, wait: 6 * time.Second},
		"another manager showed it Ready, and never did it": {claim: claim("True"), after: 10 * time.Second, stamp: "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			stamp, wait := rules.FirstReadyStamp(tc.claim.Obj(), tc.shown, builder.Epoch.Add(tc.after))
			if stamp != tc.stamp || wait != tc.wait {
				t.Errorf("got %q, %s, want %q, %s", stamp, wait, tc.stamp, tc.wait)
			}
		})
	}
}
