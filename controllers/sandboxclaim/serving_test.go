package sandboxclaim

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	testclock "k8s.io/utils/clock/testing"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/candidates"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// How long a claim is left to the replica that picked it follows from what Traffic knows of the claim, and of that replica.
func TestLead(t *testing.T) {
	const own, other, third, moment = 1, 2, 3, 100 * time.Millisecond
	named := func(name string) types.NamespacedName {
		return types.NamespacedName{Namespace: builder.DefaultNamespace, Name: name}
	}
	index := candidates.New(own)
	index.Share([]uint64{other})
	sandbox := "s"
	for index.Sharer(sandbox) != other {
		sandbox += "s"
	}
	for name, tc := range map[string]struct {
		before func(*yield.Traffic)
		want   time.Duration
	}{
		"the other replica served nothing":     {func(*yield.Traffic) {}, rules.PickerLead - moment},
		"it has just served another claim":     {func(t *yield.Traffic) { t.Begin(named("a")); t.Serve(named("a"), other) }, rules.PickerLead},
		"a third replica served one":           {func(t *yield.Traffic) { t.Begin(named("a")); t.Serve(named("a"), third) }, rules.PickerLead - moment},
		"this replica served one of its share": {func(t *yield.Traffic) { t.Pick(named("a")); t.Serve(named("a"), other) }, rules.PickerLead - moment},
		"this replica picked the claim":        {func(t *yield.Traffic) { t.Pick(named(sandbox)) }, 0},
		"this replica helps already":           {func(t *yield.Traffic) { t.Help(named(sandbox)) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			clock := testclock.NewFakeClock(builder.Epoch)
			traffic := yield.NewTraffic(clock)
			traffic.Begin(named(sandbox))
			clock.Step(moment)
			tc.before(traffic)
			reconciler := &Reconciler{Traffic: traffic, Candidates: index, Now: clock.Now}
			claim := builder.MakeClaim("c").Pool("p").BoundTo(sandbox).
				Annotation(sandboxv1.AnnotationControllerFirstObservedAt, builder.Epoch.Format(time.RFC3339Nano)).Obj()
			if got := reconciler.lead(claim, rules.ClaimServer{}); got != tc.want {
				t.Errorf("left to others for %s, want %s", got, tc.want)
			}
			clock.Step(tc.want)
			for range 2 { // The second time, this replica serves it already.
				if got := reconciler.lead(claim, rules.ClaimServer{}); got != 0 {
					t.Errorf("%s later, still left to others for %s", tc.want, got)
				}
				if _, here := traffic.Seen(named(sandbox)); !here {
					t.Error("nobody knows that this replica serves it")
				}
			}
		})
	}
}
