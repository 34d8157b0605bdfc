package rules_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// A Pod without its template's label is outside the NetworkPolicy. Its Sandbox is not Ready, says why, and is offered to no claim. The
// labels that follow an adoption make nobody wait.
func TestUnselectedPod(t *testing.T) {
	const refHash, ref = sandboxv1.LabelTemplateRefHash, sandboxv1.AnnotationTemplateRef
	pool, claim := builder.MakePool("p").Template("t").Obj(), builder.MakeClaim("c").Template("t").Obj()
	warm := func() *builder.SandboxWrapper { return builder.MakeSandbox("a").Pool(pool) }
	claimed, cold := warm().ClaimedBy(claim), builder.MakeSandbox("a").ClaimedBy(claim)
	shared := warm().Annotation(sandboxv1.AnnotationPodIdentity, sandboxv1.PodIdentityShared)
	as := func(w *builder.SandboxWrapper) *builder.PodWrapper {
		return builder.MakePod("a").ControlledBy(w.Obj()).Ready()
	}
	const pods, sandboxes = `Pod "a" is under no NetworkPolicy of its template`, "has neither the label"
	for name, tc := range map[string]struct {
		sandbox *builder.SandboxWrapper
		pod     *builder.PodWrapper
		want    string
	}{
		"warm":                               {warm(), as(warm()), ""},
		"adopted, with the labels of before": {claimed, as(warm()), ""},
		"adopted, with its labels":           {claimed, as(claimed), ""},
		"cold":                               {cold, as(cold), ""},
		"that shares its labels":             {shared, as(shared), ""},
		"of a bare Sandbox":                  {builder.MakeSandbox("a"), as(builder.MakeSandbox("a")), ""},
		"of a Sandbox that lost its pool":    {warm().OwnerReferences(), as(warm()), ""},
		"without the pool's label":           {warm(), as(warm()).WithoutLabel(sandboxv1.LabelWarmPool), ""},
		"warm, without the label":            {warm(), as(warm()).WithoutLabel(refHash), pods},
		"warm, with another template's":      {warm(), as(warm()).Label(refHash, "x"), pods},
		"adopted, without the label":         {claimed, as(claimed).WithoutLabel(refHash), pods},
		"cold, without the label":            {cold, as(cold).WithoutLabel(refHash), pods},
		"shared, without the label":          {shared, as(shared).WithoutLabel(refHash), pods},
		"lost its pool, without the label":   {warm().OwnerReferences(), as(warm()).WithoutLabel(refHash), pods},
		"from before that label":             {warm().WithoutLabel(refHash), as(warm()), ""},
		"from before, and not labelled yet":  {warm().WithoutLabel(refHash), as(warm()).WithoutLabel(refHash), pods},
		"of no known template":               {warm().WithoutLabel(refHash).WithoutAnnotation(ref), as(warm()).WithoutLabel(refHash), sandboxes},
		"of no known template, of a claim":   {builder.MakeSandbox("a").ClaimedBy(claim).WithoutLabel(refHash).WithoutAnnotation(ref), as(cold), sandboxes},
	} {
		t.Run(name, func(t *testing.T) {
			sandbox, pod := tc.sandbox.Obj(), tc.pod.Obj()
			got := rules.UnselectedPod(sandbox, pod)
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			sandbox.Status = rules.SandboxStatus(sandbox, rules.Observed{Pods: []*corev1.Pod{pod}}, builder.Epoch)
			ready := meta.FindStatusCondition(sandbox.Status.Conditions, sandboxv1.ConditionReady)
			if says := ready.Reason == sandboxv1.ReasonNetworkPolicyNotReady && ready.Message == got; rules.IsReady(sandbox) != (tc.want == "") || says != (tc.want != "") {
				t.Errorf("it says %s %s: %s", ready.Status, ready.Reason, ready.Message)
			}
			if _, offered := rules.CandidateGroupOf(sandbox); offered && tc.want != "" {
				t.Error("it is offered to claims")
			}
			if rules.UnselectedPod(sandbox, nil) != "" {
				t.Error("it says so without a Pod")
			}
		})
	}
}
