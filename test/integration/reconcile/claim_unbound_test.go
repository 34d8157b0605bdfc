package reconcile

import (
	"context"
	"strings"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// changeClaims installs a webhook that changes the annotations of each claim that is updated: it removes "note", and does what binding says,
// a JSON patch, if the claim has a binding.
func changeClaims(t *testing.T, n *suite.Namespace, claim *extensionsv1.SandboxClaim, binding string) (lift func()) {
	t.Helper()
	return n.Mutate(t, &suite.Mutation{
		Operation: registrationv1.Update, Group: extensionsv1.GroupName, Resource: "sandboxclaims",
		Patch: func(object []byte) string {
			switch {
			case strings.Contains(string(object), `"note":"probe"`):
				return `[{"op":"remove","path":"/metadata/annotations/note"}]`
			case strings.Contains(string(object), `"agents.x-k8s.io/sandbox-name":`):
				return binding
			}
			return ""
		},
		Changed: func(ctx context.Context) bool {
			probe := &extensionsv1.SandboxClaim{}
			probe.Namespace, probe.Name = claim.Namespace, claim.Name
			patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"note":"probe"}}}`))
			return n.Admin.Patch(ctx, probe, patch, client.DryRunAll) == nil && probe.Annotations["note"] == ""
		},
	})
}

// A webhook of the cluster takes the binding off claims. The claim says so after one write, and is tried again with backoff.
func TestAClaimWhoseBindingIsRemoved(t *testing.T) {
	for name, binding := range map[string]string{
		"all annotations are removed": `[{"op":"remove","path":"/metadata/annotations"}]`,
		"the binding is removed":      `[{"op":"remove","path":"/metadata/annotations/agents.x-k8s.io~1sandbox-name"}]`,
		"the binding is changed":      `[{"op":"replace","path":"/metadata/annotations/agents.x-k8s.io~1sandbox-name","value":""}]`,
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			n.Template(t, builder.MakeTemplate("python").Obj())
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
			lift := changeClaims(t, n, claim, binding)
			before := suite.Writes(t)
			for range 2 {
				if result, err := n.TryStep(t, claim); err == nil || !rules.IsRefusal(err) {
					t.Errorf("it ends with %v, and again %+v: the queue would not wait longer each time", err, result)
				}
			}
			before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxclaims": 2, "PATCH sandboxclaims/status": 1})
			const want = `the annotation agents.x-k8s.io/sandbox-name, which binds it to Sandbox "mine", was removed or changed by something in the cluster`
			got := said(suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions)
			if !strings.HasPrefix(got, "False ReconcilerError: Error seen: ") || !strings.Contains(got, want) {
				t.Errorf("it says\n%s, want\n%s", got, want)
			}
			lift()
			n.Step(t, claim)
			if got := rules.Binding(suite.Get[extensionsv1.SandboxClaim](t, n, "mine")); got != "mine" {
				t.Errorf("without the webhook it is bound to %q", got)
			}
		})
	}
}

// A webhook that changes other annotations of claims is in nobody's way.
func TestAClaimWhoseOtherAnnotationsAreRemoved(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	changeClaims(t, n, claim, `[{"op":"add","path":"/metadata/annotations/team","value":"blue"}]`)
	n.Step(t, claim)
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine"); rules.Binding(got) != "mine" || got.Annotations["team"] != "blue" {
		t.Errorf("its annotations are %v", got.Annotations)
	}
}

// An expired claim ends, although the name of its Sandbox, which only its status has, cannot be written on it.
func TestAnExpiredClaimWhoseBindingIsRemoved(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").Obj())
	end := metav1.NewTime(n.Clock.Now().Add(time.Minute))
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &end}).Obj())
	changeClaims(t, n, claim, `[{"op":"remove","path":"/metadata/annotations"}]`)
	n.Clock.Step(time.Hour)
	claim.Status.Sandbox.Name = "mine" // As one from before bindings were written has it; admission stores no such claim any more.
	before := suite.Writes(t)
	if _, err := n.Claims(n.Cached).Reconcile(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxclaims": 1, "PATCH sandboxclaims/status": 1})
	if got := said(suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions); !strings.HasPrefix(got, "False ClaimExpired: ") {
		t.Errorf("it says %s", got)
	}
}
