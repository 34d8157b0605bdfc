package hostile

import (
	"context"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

// hang registers a webhook for the Sandboxes of a namespace that never answers. The channel is closed at its first call.
func hang(t *testing.T, w *world, namespace string) <-chan struct{} {
	t.Helper()
	called, first := make(chan struct{}), make(chan struct{}, 1)
	first <- struct{}{}
	ended := make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		select {
		case <-first:
			close(called)
		default:
		}
		_, _ = io.Copy(io.Discard, request.Body) // Only after that the server notices that the caller has gone.
		select {
		case <-request.Context().Done(): // The API server goes after the timeout.
		case <-ended:
		}
	}))
	t.Cleanup(func() {
		close(ended)
		server.Close()
	})
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	hook := &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "hangs-in-" + namespace},
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name:                    "hangs.example.com",
			AdmissionReviewVersions: []string{"v1"},
			SideEffects:             new(admissionregistrationv1.SideEffectClassNone),
			TimeoutSeconds:          new(int32(10)),
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": namespace}},
			ClientConfig:            admissionregistrationv1.WebhookClientConfig{URL: new(server.URL), CABundle: authority},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule: admissionregistrationv1.Rule{
					APIGroups: []string{sandboxv1.GroupName}, APIVersions: []string{"*"}, Resources: []string{sandboxv1.ResourceSandboxes},
				},
			}},
		}},
	}
	if err := w.Admin.Create(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Admin.Delete(context.Background(), hook); err != nil {
			t.Error(err)
		}
	})
	return called
}
