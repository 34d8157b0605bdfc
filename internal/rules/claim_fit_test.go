package rules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// Somebody else's webhook has changed the claim after admission picked a Sandbox of pool "p" and template "t" for it. What
// does not fit any more is not adopted, neither by the claim's step nor by the webhook, and the binding may be rewritten.
func TestBoundToWhatDoesNotFit(t *testing.T) {
	pool := builder.MakePool("p").Template("t").Obj()
	member := func() *builder.SandboxWrapper { return builder.MakeSandbox("p-abcde").Pool(pool).Ready() }
	bound := func() *builder.ClaimWrapper { return builder.MakeClaim("c").BoundTo("p-abcde") }
	for name, tc := range map[string]struct {
		claim   *builder.ClaimWrapper
		sandbox *builder.SandboxWrapper
		why     string
	}{
		"of that pool":                 {claim: bound().Pool("p")},
		"of that template":             {claim: bound().Template("t")},
		"of that pool, later the same": {claim: bound().Pool("p"), sandbox: builder.MakeSandbox("p-abcde").Pool(builder.MakePool("p").UID("later").Template("t").Obj())},
		"of that pool, before it turned to another template": {claim: bound().Pool("p"), sandbox: builder.MakeSandbox("p-abcde").Pool(builder.MakePool("p").Template("u").Obj())},
		"of a template, and nobody wrote the Sandbox's": {
			claim: bound().Template("u"), sandbox: member().WithoutAnnotation("agents.x-k8s.io/sandbox-template-ref"),
		},
		"with metadata of its own": {claim: bound().Pool("p").PodLabel("sandbox.users.io/team", "blue")},
		"of another pool":          {claim: bound().Pool("q"), why: `is for SandboxWarmPool "q", and Sandbox "p-abcde" is in SandboxWarmPool "p"`},
		"of another template":      {claim: bound().Template("u"), why: `is for SandboxTemplate "u", and Sandbox "p-abcde" is of "t"`},
		"with env":                 {claim: bound().Pool("p").Env("A", "1"), why: "asks for env or volumes of its own, which only a new Sandbox has"},
		"with volumes":             {claim: bound().Template("t").VolumeClaimTemplate("data"), why: "asks for env or volumes of its own, which only a new Sandbox has"},
		"of another pool, with env": {
			claim: bound().Pool("q").Env("A", "1"), why: `is for SandboxWarmPool "q", and Sandbox "p-abcde" is in SandboxWarmPool "p"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			claim, made := tc.claim.Obj(), member()
			if tc.sandbox != nil {
				made = tc.sandbox
			}
			old, adopted := made.Obj(), made.ClaimedBy(claim).Obj()
			want, fits := rules.StepAdopt, tc.why == ""
			if !fits {
				want = rules.StepBind
			}
			if step := rules.NextStep(claim, old); step != want || (!fits && rules.IsSafeOnCache(claim, step)) {
				t.Errorf("the next step is %s, want %s; safe on a cache: %t", step, want, rules.IsSafeOnCache(claim, step))
			}
			errs := rules.CheckAdoption(old, adopted, claim)
			if fits != (len(errs) == 0) || (!fits && !strings.Contains(fmt.Sprint(errs), tc.why)) {
				t.Errorf("the adoption: %v, want %q", errs, tc.why)
			}
			rebound := claim.DeepCopy()
			rebound.Annotations["agents.x-k8s.io/sandbox-name"] = "p-other"
			wantVerdict(t, rules.CheckBinding(claim, rebound, old), !fits)
			if step := rules.NextStep(claim, adopted); step != rules.StepServe {
				t.Errorf("once it has it, the next step is %s", step)
			}
		})
	}
}
