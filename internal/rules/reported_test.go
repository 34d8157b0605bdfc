package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// pending is what the API server shows until there is a status.
func pending() []metav1.Condition {
	return []metav1.Condition{{
		Type: "Ready", Status: metav1.ConditionUnknown, Reason: "Pending", Message: "Waiting for the controller",
		LastTransitionTime: metav1.NewTime(time.Unix(0, 0)),
	}}
}

func TestIsReported(t *testing.T) {
	for name, tc := range map[string]struct {
		conditions []metav1.Condition
		want       bool
	}{
		"nothing":                 {nil, false},
		"the default":             {pending(), false},
		"a controller's":          {[]metav1.Condition{condition("Ready", "False", "DependenciesNotReady", "", later)}, true},
		"a controller's, unknown": {[]metav1.Condition{condition("Ready", "Unknown", "Other", "", later)}, true},
		"one beside the default":  {append(pending(), condition("Suspended", "False", "NotSuspended", "", later)), true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.IsReported(tc.conditions); got != tc.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// The API server's default of a status changes no decision: the rules see an object that has none.
func TestTheDefaultOfAStatusIsNoStatus(t *testing.T) {
	pool, claim := builder.MakePool("p"), builder.MakeClaim("c").Pool("p").BoundTo("p-a")
	member := func() *sandboxv1.Sandbox { return builder.MakeSandbox("p-a").Pool(pool.Obj()).Obj() }
	ready := builder.MakeSandbox("p-a").Pool(pool.Obj()).Ready().Obj()
	soon := builder.Epoch.Add(time.Second)
	decide := func(conditions []metav1.Condition) map[string]any {
		sandbox, claim, pool := member(), claim.Obj(), pool.Obj()
		sandbox.Status.Conditions, claim.Status.Conditions, pool.Status.Conditions = conditions, conditions, conditions
		first := rules.SandboxStatus(sandbox, rules.Observed{}, soon)
		claimStatus := rules.ClaimStatus(claim, sandbox, nil, soon)
		served := rules.ClaimStatus(claim, ready, nil, soon)
		after := claim.DeepCopy()
		after.Status = served
		return map[string]any{
			"status of the Sandbox":   first,
			"its delay":               rules.SandboxStatusDelay(sandbox, first, time.Minute, soon),
			"status of the claim":     claimStatus,
			"its delay too":           rules.ClaimStatusDelay(claim, sandbox, nil, time.Minute, soon),
			"status of the pool":      rules.PoolStatus(pool, rules.PoolPlan{}, nil, soon),
			"on its way":              rules.IsOnItsWay(claim),
			"turned Ready":            rules.TurnedReady(claim, after),
			"the stamp":               rules.FirstReadyStamp(claim, claimStatus),
			"unreported":              len(rules.PlanPool(pool, nil, []*sandboxv1.Sandbox{sandbox}, nil, settings, soon).Unreported),
			"the pool looks again":    rules.PoolMemberChanged(sandbox, ready),
			"since when":              rules.ReadySince(sandbox),
			"may have run":            rules.MayHaveRun(sandbox, soon),
			"series of the claim":     rules.ClaimSeriesOf(claim),
			"series of the Sandbox":   rules.SandboxSeriesOf(sandbox),
			"events":                  rules.SandboxEvents(sandbox, first, rules.Observed{}),
			"events of a ready one":   rules.SandboxEvents(sandbox, ready.Status, rules.Observed{}),
			"what it waits for":       rules.IsWaitingForPolicy(sandbox),
			"measurement":             rules.ClaimStartup(claim, sandbox, soon),
			"the claim is refused":    rules.IsClaimRefused(claim),
			"the pool is refused":     rules.IsPoolRefused(pool),
			"the claim is expired":    rules.IsReportedExpired(claim),
			"suspended":               rules.IsSuspended(sandbox),
			"Ready":                   rules.IsReady(sandbox),
			"it has more than one":    rules.IsReportedMultiplePods(sandbox.Status.Conditions),
			"the claim's last status": rules.ExpiredStatus(claim, sandbox, soon),
		}
	}
	if diff := cmp.Diff(decide(nil), decide(pending())); diff != "" {
		t.Errorf("decisions (-without a status +with the default):\n%s", diff)
	}
	claimed := rules.ClaimStatus(claim.Obj(), func() *sandboxv1.Sandbox {
		sandbox := member()
		sandbox.Status.Conditions = pending()
		return sandbox
	}(), nil, soon)
	if got := meta.FindStatusCondition(claimed.Conditions, "Ready"); got.Reason != extensionsv1.ReasonSandboxNotReady {
		t.Errorf("the claim of a Sandbox with the default says %v", got)
	}
}

// A status of before there was observedGeneration is not written for that alone: an upgrade would write every status.
func TestObservedGenerationOfAnOldStatus(t *testing.T) {
	sandbox, claim := builder.MakeSandbox("a").Generation(3).Obj(), builder.MakeClaim("c").Generation(3).Obj()
	problem := rules.TemplateNotFoundError("t")
	sandbox.Status = rules.SandboxStatus(sandbox, rules.Observed{}, later)
	claim.Status = rules.ClaimStatus(claim, nil, problem, later)
	for name, tc := range map[string]struct {
		observed, generation int64
		want                 bool
	}{
		"none":                         {0, 3, false},
		"that of now":                  {3, 3, false},
		"an earlier one":               {2, 3, true},
		"none, and a later generation": {0, 4, true},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox, claim := sandbox.DeepCopy(), claim.DeepCopy()
			sandbox.Status.ObservedGeneration, claim.Status.ObservedGeneration = tc.observed, tc.observed
			sandbox.Generation, claim.Generation = tc.generation, tc.generation
			wanted := rules.SandboxStatus(sandbox, rules.Observed{}, later)
			if got := rules.SandboxStatusChanged(sandbox, wanted); got != tc.want || wanted.ObservedGeneration != tc.generation {
				t.Errorf("the Sandbox: %t, %d", got, wanted.ObservedGeneration)
			}
			said := rules.ClaimStatus(claim, nil, problem, later)
			if got := rules.ClaimStatusChanged(claim, said); got != tc.want || said.ObservedGeneration != tc.generation {
				t.Errorf("the claim: %t, %d", got, said.ObservedGeneration)
			}
		})
	}
}
