package rules_test

import (
	"cmp"
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
		"observed a moment ago":       {bound(at(-300 * time.Millisecond)), lead - 300*time.Millisecond},
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

// A replica leaves what another bound to it for a while. Its own it serves at once, and not in the leader's controller as well. The
// slower the API server creates claims, the longer it waits.
func TestWhoLeavesAClaimToOthers(t *testing.T) {
	const ms = time.Millisecond
	claim := builder.MakeClaim("c").Pool("p").BoundTo("p-a").
		Annotation(sandboxv1.AnnotationControllerFirstObservedAt, builder.Epoch.Format(time.RFC3339Nano)).Obj()
	const lead = rules.PickerLead
	served := func(after time.Duration) rules.ClaimServer {
		return rules.ClaimServer{Served: builder.Epoch.Add(after)}
	}
	for name, tc := range map[string]struct {
		server          rules.ClaimServer
		seen, now, want time.Duration
	}{
		"another's":                               {want: rules.PickerLead},
		"another's, seen 20 ms later":             {seen: 20 * ms, want: rules.PickerLead},
		"another's, seen 3 s later":               {seen: 3000 * ms, want: 3000 * ms},
		"another's, seen 6 s later":               {seen: 6000 * ms, want: 4000 * ms},
		"another's, seen a minute later":          {seen: time.Minute, want: 0},
		"another's, whose clock is ahead":         {seen: -20 * ms, want: lead},
		"another's, whose clock is far ahead":     {seen: -time.Minute, now: -time.Minute, want: lead},
		"this one's, whose clock was set back":    {server: rules.ClaimServer{Picked: true}, seen: -time.Minute, now: -time.Minute},
		"another's, who served a moment ago":      {server: served(700 * ms), seen: 300 * ms, now: 900 * ms, want: lead - 200*ms},
		"another's, who served long ago":          {server: served(-time.Hour), seen: 300 * ms, want: lead},
		"another's, who serves on and on":         {server: served(4900 * ms), now: 4900 * ms, want: 100 * ms},
		"its own, whoever serves":                 {server: rules.ClaimServer{Picked: true, Served: builder.Epoch}, want: 0},
		"another's, for the leader":               {server: rules.ClaimServer{Leads: true}, want: rules.ServingLead},
		"its own":                                 {server: rules.ClaimServer{Picked: true}, seen: 20 * ms, want: 0},
		"its own, for the leader":                 {server: rules.ClaimServer{Picked: true, Leads: true}, want: rules.ServingLead},
		"its own, for the leader, seen 3 s later": {server: rules.ClaimServer{Picked: true, Leads: true}, seen: 3000 * ms, want: rules.ServingLead},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.seen != 0 {
				tc.server.Seen = builder.Epoch.Add(tc.seen)
			}
			now := builder.Epoch.Add(cmp.Or(tc.now, tc.seen))
			if got := rules.ClaimLead(claim, tc.server, now); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if got := rules.ClaimLead(claim, tc.server, now.Add(tc.want)); got != 0 {
				t.Errorf("got %s after it, want 0", got)
			}
		})
	}
}
