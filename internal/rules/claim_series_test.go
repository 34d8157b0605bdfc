package rules_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestClaimSeriesOf(t *testing.T) {
	with := func(status metav1.ConditionStatus, reason string) *extensionsv1.SandboxClaim {
		claim := builder.MakeClaim("c").Obj()
		claim.Status.Conditions = []metav1.Condition{
			{Type: extensionsv1.ConditionFinished, Status: metav1.ConditionTrue, Reason: "PodSucceeded"},
			{Type: extensionsv1.ConditionReady, Status: status, Reason: reason},
		}
		return claim
	}
	for name, tc := range map[string]struct {
		claim *extensionsv1.SandboxClaim
		want  rules.ClaimSeries
	}{
		"a claim that says nothing yet": {builder.MakeClaim("c").Obj(), rules.ClaimSeries{Namespace: "default", Reason: "Pending"}},
		"a Ready claim":                 {with(metav1.ConditionTrue, "DependenciesReady"), rules.ClaimSeries{Namespace: "default", Ready: true, Reason: "DependenciesReady"}},
		"a waiting claim":               {with(metav1.ConditionFalse, "WarmPoolNotFound"), rules.ClaimSeries{Namespace: "default", Reason: "WarmPoolNotFound"}},
		"a claim that cannot be judged": {with(metav1.ConditionUnknown, "X"), rules.ClaimSeries{Namespace: "default", Reason: "X"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.ClaimSeriesOf(tc.claim); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}
