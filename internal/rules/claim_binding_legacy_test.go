package rules_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// A claim from before the binding annotation must keep the Sandbox that it has or was to get.
func TestExistingBinding(t *testing.T) {
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c").Pool("p") }
	labelled := func(name string) *builder.ClaimWrapper { return claim().Label(sandboxv1.LabelBinding, name) }
	ours := func(name string) *sandboxv1.Sandbox { return builder.MakeSandbox(name).ClaimedBy(theClaim).Obj() }
	for name, tc := range map[string]struct {
		claim           *builder.ClaimWrapper
		older, namesake *sandboxv1.Sandbox
		want            string
	}{
		"a new one":                                    {claim: claim()},
		"one that its status names":                    {claim: claim().StatusSandbox("a"), older: ours("a"), want: "a"},
		"one that its status names, and is gone":       {claim: claim().StatusSandbox("a"), want: "a"},
		"its status counts before its label":           {claim: labelled("b").StatusSandbox("a"), older: ours("a"), want: "a"},
		"its status counts before its own name":        {claim: claim().StatusSandbox("a"), namesake: ours("c"), want: "a"},
		"one that its label names, and it controls":    {claim: labelled("a"), older: ours("a"), want: "a"},
		"one that its label names, still in the pool":  {claim: labelled("p-abcde"), older: warm("p-abcde").Obj(), want: "p-abcde"},
		"one that its label names, and goes":           {claim: labelled("p-abcde"), older: warm("p-abcde").Deleting().Obj()},
		"one that its label names, and is gone":        {claim: labelled("p-abcde")},
		"one that its label names, and is another's":   {claim: labelled("a"), older: warm("a").ClaimedBy(builder.MakeClaim("other").Obj()).Obj()},
		"its label names somebody's of the cold name":  {claim: labelled("c"), older: warm("c").Obj(), namesake: warm("c").Obj()},
		"one that was created for it":                  {claim: claim(), namesake: ours("c"), want: "c"},
		"one that was created for it, and goes":        {claim: claim(), namesake: builder.MakeSandbox("c").ClaimedBy(theClaim).Deleting().Obj(), want: "c"},
		"what it controls, before what it was to get":  {claim: labelled("p-abcde"), older: warm("p-abcde").Obj(), namesake: ours("c"), want: "c"},
		"both are its own: what it was to get":         {claim: labelled("a"), older: ours("a"), namesake: ours("c"), want: "a"},
		"somebody's Sandbox has its name":              {claim: claim(), namesake: builder.MakeSandbox("c").Obj()},
		"its earlier namesake's Sandbox has its name":  {claim: claim(), namesake: builder.MakeSandbox("c").ClaimedBy(builder.MakeClaim("c").UID("earlier").Obj()).Obj()},
		"bound and lost, and one was created for it":   {claim: claim().BoundTo("p-abcde"), namesake: ours("c"), want: "c"},
		"bound and lost: its label counts no more now": {claim: labelled("p-fghij").BoundTo("p-abcde")},
	} {
		t.Run(name, func(t *testing.T) {
			if got := rules.ExistingBinding(tc.claim.Obj(), tc.older, tc.namesake); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestOlderBinding(t *testing.T) {
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("c").Label(sandboxv1.LabelBinding, "b") }
	for name, tc := range map[string]struct {
		claim *builder.ClaimWrapper
		want  string
	}{
		"a new claim":                {builder.MakeClaim("c"), ""},
		"by its label":               {claim(), "b"},
		"by its status":              {claim().StatusSandbox("a"), "a"},
		"it is bound":                {claim().BoundTo("d"), ""},
		"it is bound, and was shown": {claim().BoundTo("d").StatusSandbox("d"), ""},
	} {
		if got := rules.LegacyBinding(tc.claim.Obj()); got != tc.want {
			t.Errorf("%s: got %q, want %q", name, got, tc.want)
		}
	}
}

// A claim whose annotation and status differ is older than the binding annotation, and its status must count.
// Namesake's own status names the Sandbox that the annotation names.
func TestTheStatusOfAnOlderClaimCounts(t *testing.T) {
	claim := builder.MakeClaim("c").Pool("p").BoundTo("p-abcde").StatusSandbox("c").Obj()
	for state, sandbox := range boundSandboxes {
		step := rules.NextStep(claim, sandbox("p-abcde"))
		if step != rules.StepBind || rules.IsSafeOnCache(claim, step) {
			t.Errorf("the other is %s: step %s, safe on a cache: %t", state, step, rules.IsSafeOnCache(claim, step))
		}
	}
}

// A claim whose status says what it waits for must be woken, even if it is still bound to a lost Sandbox.
func TestIsWaitingByCondition(t *testing.T) {
	claim := builder.MakeClaim("c").Pool("p").BoundTo("p-abcde").Condition("Ready", metav1.ConditionFalse, "TemplateNotFound")
	if !rules.IsWaiting(claim.Obj()) {
		t.Error("a claim whose template is not there does not wait")
	}
	if rules.IsWaiting(claim.StatusSandbox("p-abcde").Obj()) {
		t.Error("a claim that has its Sandbox waits")
	}
}
