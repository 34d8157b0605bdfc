package scene

import (
	"context"
	"net/http"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// holdTimeout is how long the API server waits for the webhook of HoldPolicies, in seconds: the longest that it accepts
// (k8s.io/api/admissionregistration/v1).
const holdTimeout = 30

// HoldPolicies lets every creation of a NetworkPolicy in the namespace wait in admission until release is called, as a webhook
// of the cluster's own does that is slow. A creation that waits for too long fails, and its controller tries again.
func (s *Scene) HoldPolicies(t *testing.T) (release func()) {
	t.Helper()
	released := make(chan struct{})
	release = sync.OnceFunc(func() { close(released) })
	config := serveHook(t, func(request *http.Request, _ *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		select {
		case <-released:
		case <-request.Context().Done():
		}
		return &admissionv1.AdmissionResponse{Allowed: true}
	})
	t.Cleanup(release)
	hook := &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{GenerateName: s.Namespace + "-"},
		Webhooks: []registrationv1.ValidatingWebhook{{
			Name: "hold.example.com", AdmissionReviewVersions: []string{"v1"}, SideEffects: new(registrationv1.SideEffectClassNone),
			TimeoutSeconds:    new(int32(holdTimeout)),
			ClientConfig:      config,
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: s.Namespace}},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create},
				Rule: registrationv1.Rule{
					APIGroups: []string{networkingv1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"networkpolicies"},
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
	return release
}
