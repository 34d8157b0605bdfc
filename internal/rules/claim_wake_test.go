package rules_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// A Sandbox wakes the claims that can adopt it, and no others.
func TestWhoIsWokenForACandidate(t *testing.T) {
	waiting := func() *builder.ClaimWrapper {
		return builder.MakeClaim("c").Pool("p").Condition("Ready", metav1.ConditionFalse, "TemplateNotFound")
	}
	says := func(reason string) *builder.ClaimWrapper {
		return builder.MakeClaim("c").Pool("p").Condition("Ready", metav1.ConditionFalse, reason)
	}
	env := waiting().Obj()
	env.Spec.Env = []extensionsv1.EnvVar{{Name: "A", Value: "b"}}
	for name, tc := range map[string]struct {
		claim *extensionsv1.SandboxClaim
		want  bool
	}{
		"it waits for its template":     {waiting().Obj(), true},
		"it is new":                     {builder.MakeClaim("c").Pool("p").Obj(), true},
		"its warm Sandbox is lost":      {waiting().BoundTo("p-aaaaa").Obj(), true},
		"it is bound cold":              {waiting().BoundTo("c").Obj(), false},
		"it is refused":                 {says("ReconcilerError").Obj(), false},
		"it is refused, and bound cold": {says("ReconcilerError").BoundTo("c").Obj(), false},
		"its adoption is refused":       {says("ReconcilerError").BoundTo("p-aaaaa").Obj(), false},
		"it wants variables of its own": {env, false},
		"it is being deleted":           {waiting().Deleting().Obj(), false},
		"it is bound, and on its way":   {builder.MakeClaim("c").Pool("p").BoundTo("p-aaaaa").Obj(), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := len(rules.WakeForCandidate([]*extensionsv1.SandboxClaim{tc.claim})) == 1; got != tc.want {
				t.Errorf("woken %t, want %t", got, tc.want)
			}
		})
	}
}

// Many wait. The oldest are woken at once, and the others a few at a time, until all have been.
func TestACrowdIsWokenInTurn(t *testing.T) {
	var claims []*extensionsv1.SandboxClaim
	for i := range 10 {
		claims = append(claims, builder.MakeClaim(fmt.Sprintf("c%d", i)).Pool("p").CreatedAt(builder.Epoch.Add(-time.Duration(i)*time.Minute)).Obj())
	}
	want := []rules.Wake{
		{Name: "c9"}, {Name: "c8"}, {Name: "c7"}, {Name: "c6"},
		{Name: "c5", In: time.Second}, {Name: "c4", In: time.Second}, {Name: "c3", In: time.Second}, {Name: "c2", In: time.Second},
		{Name: "c1", In: 2 * time.Second}, {Name: "c0", In: 2 * time.Second},
	}
	if diff := cmp.Diff(want, rules.WakeForCandidate(claims)); diff != "" {
		t.Errorf("woken (-want +got):\n%s", diff)
	}
}

// A change wakes all who wait for it at once, and those that were refused in turn.
func TestWhoIsWokenForAChange(t *testing.T) {
	var claims []*extensionsv1.SandboxClaim
	for i := range 6 {
		claims = append(claims,
			builder.MakeClaim(fmt.Sprintf("refused-%d", i)).Pool("p").Condition("Ready", metav1.ConditionFalse, "ReconcilerError").Obj(),
			builder.MakeClaim(fmt.Sprintf("waiting-%d", i)).Pool("p").Obj())
	}
	want := []rules.Wake{
		{Name: "waiting-0"}, {Name: "waiting-1"}, {Name: "waiting-2"}, {Name: "waiting-3"}, {Name: "waiting-4"}, {Name: "waiting-5"},
		{Name: "refused-0"}, {Name: "refused-1"}, {Name: "refused-2"}, {Name: "refused-3"},
		{Name: "refused-4", In: time.Second}, {Name: "refused-5", In: time.Second},
	}
	if diff := cmp.Diff(want, rules.WakeForChange(claims)); diff != "" {
		t.Errorf("woken (-want +got):\n%s", diff)
	}
}
