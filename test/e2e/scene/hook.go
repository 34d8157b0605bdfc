package scene

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
)

// serveHook serves an admission webhook of somebody else's until the test ends. answer returns what the webhook says to a request,
// which is gone when the request's context is done. The result says how the API server calls it.
func serveHook(
	t *testing.T, answer func(*http.Request, *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse,
) registrationv1.WebhookClientConfig {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		review := &admissionv1.AdmissionReview{}
		if err := json.NewDecoder(request.Body).Decode(review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		uid := review.Request.UID
		review.Response = answer(request, review.Request)
		review.Response.UID, review.Request = uid, nil
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(review) // The caller may not wait any more.
	}))
	t.Cleanup(server.Close)
	url := server.URL + "/admit"
	return registrationv1.WebhookClientConfig{
		URL: &url, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
	}
}
