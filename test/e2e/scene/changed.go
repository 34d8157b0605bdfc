package scene

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"gomodules.xyz/jsonpatch/v2"
	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// ChangeClaims installs a mutating webhook, as a platform's own is, which patches every new claim of the namespace: patch returns how. The API
// server calls webhooks in the order of their configurations' names. ChangeClaims returns when the API server calls this one.
func (s *Scene) ChangeClaims(t *testing.T, configuration string, patch func(*extensionsv1.SandboxClaim) []jsonpatch.Operation) {
	t.Helper()
	called := make(chan struct{})
	call := sync.OnceFunc(func() { close(called) })
	config := serveHook(t, func(_ *http.Request, request *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		call()
		claim := &extensionsv1.SandboxClaim{}
		if err := json.Unmarshal(request.Object.Raw, claim); err != nil {
			return &admissionv1.AdmissionResponse{Result: &metav1.Status{Message: err.Error()}}
		}
		operations, err := json.Marshal(patch(claim))
		if err != nil {
			return &admissionv1.AdmissionResponse{Result: &metav1.Status{Message: err.Error()}}
		}
		return &admissionv1.AdmissionResponse{Allowed: true, Patch: operations, PatchType: new(admissionv1.PatchTypeJSONPatch)}
	})
	hook := &registrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: configuration + "-" + s.Namespace},
		Webhooks: []registrationv1.MutatingWebhook{{
			Name: "changed.example.com", AdmissionReviewVersions: []string{"v1"}, SideEffects: new(registrationv1.SideEffectClassNone), ClientConfig: config,
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: s.Namespace}},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create}, Rule: registrationv1.Rule{
					APIGroups: []string{extensionsv1.GroupName}, APIVersions: []string{"*"}, Resources: []string{extensionsv1.ResourceSandboxClaims},
				},
			}},
		}},
	}
	if err := s.Admin.Create(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Admin.Delete(context.Background(), hook); err != nil {
			t.Error(err)
		}
	})
	probe := builder.MakeClaim("probe").Namespace(s.Namespace).Pool("none").Obj()
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, Soon, true, func(ctx context.Context) (bool, error) {
		err := s.Editor.Create(ctx, probe.DeepCopy(), client.DryRunAll)
		select {
		case <-called:
			return true, err
		default:
			return false, err
		}
	}); err != nil {
		t.Fatalf("the API server does not come to call the webhook: %v", err)
	}
}
