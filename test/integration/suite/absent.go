package suite

import (
	"context"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/builder"
)

// RemoveWebhooks deletes the webhook configurations for good, and returns when the API server calls none of them any more.
func RemoveWebhooks(t *testing.T) {
	t.Helper()
	n := New(t)
	for _, hooks := range shared.hooks.MutatingWebhooks {
		n.Delete(t, n.Admin, &registrationv1.MutatingWebhookConfiguration{ObjectMeta: hooks.ObjectMeta})
	}
	for _, hooks := range shared.hooks.ValidatingWebhooks {
		n.Delete(t, n.Admin, &registrationv1.ValidatingWebhookConfiguration{ObjectMeta: hooks.ObjectMeta})
	}
	err := wait.PollUntilContextTimeout(t.Context(), moment, patience, true, func(ctx context.Context) (bool, error) {
		before := Calls(t)
		sandbox := builder.MakeSandbox("probe").Obj()
		sandbox.Namespace = n.Name
		if err := n.Editor.Create(ctx, sandbox, client.DryRunAll); err != nil {
			return false, err
		}
		return len(Calls(t).Since(before)) == 0, nil
	})
	if err != nil {
		t.Fatalf("the API server still calls webhooks: %v", err)
	}
}
