package rules_test

import (
	"testing"
	"time"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

func TestClaimLead(t *testing.T) {
	const lead = rules.PickerLead
	bound := func(observed string) *builder.ClaimWrapper {
		return builder.MakeClaim("c").Pool("p").BoundTo("p-a").Annotation(sandboxv1.AnnotationControllerFirstObservedAt, observed)
	}
	at := func(d time.Duration) string { return builder.Epoch.Add(d).Format(time.RFC3339Nano) }
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  time.Duration
	}{
		"just observed":               {bound(at(0)), lead},
		"observed a moment ago":       {bound(at(-300 * time.Millisecond)), 700 * time.Millisecond},
		"observed long ago":           {bound(at(-time.Hour)), 0},
		"by a clock that is ahead":    {bound(at(time.Millisecond)), 0},
		"never observed by admission": {builder.MakeClaim("c").Pool("p").BoundTo("p-a"), 0},
		"a time that nobody can read": {bound("soon"), 0},
		"Ready":                       {bound(at(0)).Condition("Ready", "True", "R"), 0},
		"bound to nothing":            {bound(at(0)).BoundTo(""), 0},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.ClaimLead(tc.claim.Obj(), rules.ClaimServer{}, builder.Epoch); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// A replica leaves what another bound to it for a while. Its own it serves at once, and not in the leader's controller as well.
func TestWhoLeavesAClaimToOthers(t *testing.T) {
	claim := builder.MakeClaim("c").Pool("p").BoundTo("p-a").
		Annotation(sandboxv1.AnnotationControllerFirstObservedAt, builder.Epoch.Format(time.RFC3339Nano)).Obj()
	for server, want := range map[rules.ClaimServer]time.Duration{
		{}:                          rules.PickerLead,
		{Leads: true}:               rules.PickerLead,
		{Picked: true}:              0,
		{Picked: true, Leads: true}: rules.ServingLead,
	} {
		if got := rules.ClaimLead(claim, server, builder.Epoch); got != want {
			t.Errorf("%+v: got %s, want %s", server, got, want)
		}
	}
}
