package reconcile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// request is a claim that asks for more than its template allows at first. The template is created later.
type request struct {
	claim    *builder.ClaimWrapper
	template *builder.TemplateWrapper
	// reason and message are what the claim reports. lift is what the administrator or the user does about it.
	reason, message string
	lift            func(*extensionsv1.SandboxClaim, *extensionsv1.SandboxTemplate)
}

func requests() map[string]request {
	template := func() *builder.TemplateWrapper { return builder.MakeTemplate("python") }
	claim := func() *builder.ClaimWrapper { return builder.MakeClaim("mine").Pool("python") }
	return map[string]request{
		"env": {
			claim().Env("A", "1"), template(), "EnvVarsInjectionRejected",
			"spec.env: Forbidden: the template does not allow env: leave it out, or set the template's envVarsInjectionPolicy to Allowed or Overrides",
			func(_ *extensionsv1.SandboxClaim, t *extensionsv1.SandboxTemplate) {
				t.Spec.EnvVarsInjectionPolicy = extensionsv1.EnvVarsInjectionAllowed
			},
		},
		"volumes": {
			claim().VolumeClaimTemplate("data"), template().VolumeClaimTemplate("data").VolumeClaimTemplatesPolicy("Allowed"), "VolumeClaimTemplatesError",
			`spec.volumeClaimTemplates[0].metadata.name: Invalid value: "data": the template has "data" already: ` +
				"use another name, or set the template's volumeClaimTemplatesPolicy to Overrides",
			func(_ *extensionsv1.SandboxClaim, t *extensionsv1.SandboxTemplate) {
				t.Spec.VolumeClaimTemplatesPolicy = extensionsv1.VolumeClaimTemplatesOverrides
			},
		},
		"metadata, and the template changes": {
			claim().PodLabel(team, "blue"), template().PodLabel(team, "red"), "InvalidMetadata",
			`spec.additionalPodMetadata.labels[sandbox.users.io/team]: Invalid value: "blue": the template sets it to "red", and a claim only adds: leave it out`,
			func(_ *extensionsv1.SandboxClaim, t *extensionsv1.SandboxTemplate) {
				t.Spec.PodTemplate.Metadata.Labels = nil
			},
		},
		"metadata, and the claim changes": {
			claim().PodLabel(team, "blue"), template().PodLabel(team, "red"), "InvalidMetadata",
			`spec.additionalPodMetadata.labels[sandbox.users.io/team]: Invalid value: "blue": the template sets it to "red", and a claim only adds: leave it out`,
			func(c *extensionsv1.SandboxClaim, _ *extensionsv1.SandboxTemplate) {
				c.Spec.AdditionalPodMetadata = sandboxv1.PodMetadata{}
			},
		},
	}
}

// A claim reports what it asks for and cannot have before it is bound to anything, even when a warm Sandbox is there. It is
// not retried for that, and goes on when the obstacle is lifted.
func TestARequestThatIsNotAllowed(t *testing.T) {
	for name, tc := range requests() {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			claim := suite.Create(t, n, n.Editor, tc.claim.Obj())
			template := suite.Create(t, n, n.Editor, tc.template.Obj())
			pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj())
			warm := n.Offered(t, pool, "aaaaa")
			for range 2 {
				if result := n.Step(t, claim); result != (reconcile.Result{}) {
					t.Errorf("it is looked at again: %+v", result)
				}
			}
			expectClaim(t, n, extensionsv1.SandboxClaimStatus{Conditions: []metav1.Condition{
				condition("Ready", metav1.ConditionFalse, tc.reason, tc.message, metav1.NewTime(n.Clock.Now())),
			}})
			expectEvents(t, n, "Warning "+tc.reason+" "+tc.message)
			claim = suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
			if rules.Binding(claim) != "" {
				t.Errorf("the claim is bound to %q", rules.Binding(claim))
			}
			if got := suite.Get[sandboxv1.Sandbox](t, n, warm.Name); !rules.ControlledBy(got, pool) {
				t.Errorf("Sandbox %s is controlled by %v", warm.Name, got.OwnerReferences)
			}

			base, before := claim.DeepCopy(), template.DeepCopy()
			tc.lift(claim, template)
			for obj, old := range map[client.Object]client.Object{claim: base, template: before} {
				if err := n.Editor.Patch(t.Context(), obj, client.MergeFrom(old)); err != nil {
					t.Fatal(err)
				}
			}
			n.Step(t, claim)
			got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
			if got.Status.Sandbox.Name == "" || got.Status.Sandbox.Name != rules.Binding(got) {
				t.Errorf("the claim is bound to %q, its status %+v", rules.Binding(got), got.Status)
			}
		})
	}
}

// The same holds for a claim that is bound to the name of a Sandbox that is yet to be created: the template has changed since.
func TestARequestThatIsNoLongerAllowed(t *testing.T) {
	n := suite.New(t)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").EnvVarsInjectionPolicy("Allowed").Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Env("A", "1").Obj())
	base := claim.DeepCopy()
	claim.Annotations[sandboxv1.AnnotationBinding] = "mine"
	if err := n.Controller.Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	set := func(policy extensionsv1.EnvVarsInjectionPolicy) {
		template.Spec.EnvVarsInjectionPolicy = policy
		if err := n.Editor.Update(t.Context(), template); err != nil {
			t.Fatal(err)
		}
		n.Step(t, claim)
	}
	set(extensionsv1.EnvVarsInjectionDisallowed)
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions[0].Reason; got != "EnvVarsInjectionRejected" {
		t.Errorf("the claim says %q", got)
	}
	set(extensionsv1.EnvVarsInjectionOverrides)
	env := suite.Get[sandboxv1.Sandbox](t, n, "mine").Spec.PodTemplate.Spec.Containers[0].Env
	if len(env) != 1 || env[0].Name != "A" {
		t.Errorf("the Sandbox has env %v", env)
	}
}

// With two revisions in a pool, a claim gets the one that it does not contradict. If there is none, it gets a new Sandbox.
func TestAClaimContradictsNoWarmSandbox(t *testing.T) {
	n := suite.New(t)
	template := suite.Create(t, n, n.Editor, builder.MakeTemplate("python").PodLabel(team, "red").Obj())
	pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj())
	older := n.Offered(t, pool, "aaaaa")
	template.Spec.PodTemplate.Metadata.Labels = nil
	if err := n.Editor.Update(t.Context(), template); err != nil {
		t.Fatal(err)
	}
	n.Settle(t)
	claims := map[string]string{}
	for _, value := range []string{"blue", "red"} {
		claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine-"+value).Pool("python").PodLabel(team, value).Obj())
		n.Step(t, claim)
		claims[value] = suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name).Status.Sandbox.Name
	}
	if diff := cmp.Diff(map[string]string{"blue": "mine-blue", "red": older.Name}, claims); diff != "" {
		t.Errorf("Sandboxes by the label that the claim adds (-want +got):\n%s", diff)
	}
}

// A trace context that is too long to be valid stays on the claim, and is not copied.
func TestALongTraceIsNotCopied(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	for name, length := range map[string]int{"short": 4096, "long": 4097} {
		trace := strings.Repeat("x", length)
		n.Step(t, suite.Create(t, n, n.Editor, builder.MakeClaim(name).Template("python").Annotation(sandboxv1.AnnotationTraceContext, trace).Obj()))
		want := map[string]string{"short": trace, "long": ""}[name]
		if got := suite.Get[sandboxv1.Sandbox](t, n, name).Annotations[sandboxv1.AnnotationTraceContext]; got != want {
			t.Errorf("of %d bytes the Sandbox has %d, want %d", length, len(got), len(want))
		}
	}
}

// A label was allowed when the claim was created and is not any more, or was never allowed for claims from this source. A
// claim that is bound to a warm Sandbox could not adopt it, and would keep it from others. So it is not bound. (W12)
func TestALabelThatIsNoLongerAllowed(t *testing.T) {
	n := suite.New(t)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").PodLabel(team, "blue").Obj())
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	warm := n.Offered(t, suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj()), "aaaaa")
	r := n.Claims(n.Cached)
	r.LabelDomains = rules.LabelDomains{"example.com"}
	if _, err := r.Reconcile(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	claim = suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
	if ready := meta.FindStatusCondition(claim.Status.Conditions, "Ready"); ready == nil || ready.Reason != "InvalidMetadata" {
		t.Errorf("Ready is %+v", ready)
	}
	if rules.Binding(claim) != "" {
		t.Errorf("the claim is bound to %q, which it cannot adopt", rules.Binding(claim))
	}
	n.AwaitOffer(t, suite.Get[extensionsv1.SandboxWarmPool](t, n, "python"), true)
	if got := suite.Get[sandboxv1.Sandbox](t, n, warm.Name); !rules.IsPool(rules.ControllerOf(got)) {
		t.Errorf("Sandbox %s is controlled by %v", warm.Name, got.OwnerReferences)
	}
}
