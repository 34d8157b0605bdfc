package suite

import (
	"context"
	"strings"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// RemoveWebhooks makes of the API server, for good, what it is with Options.WithoutWebhooks: the webhook configurations are gone, and the
// policies are there that stand in for them. It returns when the API server acts accordingly.
func RemoveWebhooks(t *testing.T) {
	t.Helper()
	n := New(t)
	for _, hooks := range shared.hooks.MutatingWebhooks {
		n.Delete(t, n.Admin, &registrationv1.MutatingWebhookConfiguration{ObjectMeta: hooks.ObjectMeta})
	}
	for _, hooks := range shared.hooks.ValidatingWebhooks {
		n.Delete(t, n.Admin, &registrationv1.ValidatingWebhookConfiguration{ObjectMeta: hooks.ObjectMeta})
	}
	root, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	if err := installPolicies(t.Context(), n.Admin, root, "alone"); err != nil {
		t.Fatal(err)
	}
	owner := builder.MakeSandbox("owner").Obj()
	pod := builder.MakePod("owner").ControlledBy(owner).Label(sandboxv1.LabelClaimUID, "planted").Obj()
	for name, probe := range map[string]struct {
		object client.Object
		policy string
	}{
		"the webhooks":         {builder.MakeSandbox("probe").Obj(), ""},
		"the policy of Pods":   {pod, "pods"},
		"the policy of claims": {builder.MakeClaim("probe").Pool("none").BoundTo("python-aaaaa").Obj(), "claims-alone"},
	} {
		err := wait.PollUntilContextTimeout(t.Context(), moment, patience, true, func(ctx context.Context) (bool, error) {
			before := Calls(t)
			tried, _ := probe.object.DeepCopyObject().(client.Object)
			tried.SetNamespace(n.Name)
			err := n.Editor.Create(ctx, tried, client.DryRunAll)
			said := err == nil && probe.policy == "" || err != nil && strings.Contains(err.Error(), "ValidatingAdmissionPolicy '"+probe.policy)
			return said && len(Calls(t).Since(before)) == 0, nil
		})
		if err != nil {
			t.Fatalf("%s: the API server does not come to act as without webhooks: %v", name, err)
		}
	}
}
