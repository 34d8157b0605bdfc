package rules_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
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
	expired := claim("False").Condition("Ready", "False", extensionsv1.ReasonClaimExpired)
	for name, tc := range map[string]struct {
		claim, wanted *builder.ClaimWrapper
		want          string
	}{
		"it stops being Ready":   {claim("True"), claim("False"), "2026-01-01T00:00:00Z"},
		"it loses the condition": {claim("True"), builder.MakeClaim("c").Pool("p"), "2026-01-01T00:00:00Z"},
		"it expires, and stays": {
			claim("True").Lifecycle(extensionsv1.Lifecycle{ShutdownPolicy: extensionsv1.ShutdownPolicyRetain}), expired, "2026-01-01T00:00:00Z",
		},
		"it expires, and goes":        {claim("True").Lifecycle(extensionsv1.Lifecycle{ShutdownPolicy: extensionsv1.ShutdownPolicyDelete}), expired, ""},
		"it stays Ready":              {claim("True"), claim("True"), ""},
		"it becomes Ready":            {claim("False"), claim("True"), ""},
		"it is not Ready":             {claim("False"), claim("False"), ""},
		"it has no status":            {builder.MakeClaim("c").Pool("p"), claim("False"), ""},
		"it was noted before":         {claim("True").Annotation(sandboxv1.AnnotationClaimFirstReadyAt, "x"), claim("False"), ""},
		"another controller noted it": {claim("True").Annotation(sandboxv1.AnnotationClaimFirstReadyAt, "unknown"), claim("False"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.FirstReadyStamp(tc.claim.Obj(), tc.wanted.Obj().Status); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
