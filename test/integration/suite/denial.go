package suite

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Denial is what a validating webhook of the cluster's own, for example a policy engine, refuses in a namespace.
type Denial struct {
	Operation       registrationv1.OperationType
	Group, Resource string
	// Result is the webhook's answer. Whoever wrote the webhook decides what it contains.
	Result metav1.Status
	// Probe sends, in a dry run, a request that is refused.
	Probe func(context.Context) error
	// Numbered adds to each answer what differs from all others, as policy engines do with the ID of a request.
	Numbered bool
	// Slow, where it is not nil, makes each answer wait until it is closed; then the request is allowed.
	Slow <-chan struct{}

	asked atomic.Int64
}

// Asked returns how many requests the webhook has got, other than dry runs.
func (d *Denial) Asked() int { return int(d.asked.Load()) }

// Deny installs the webhook, and returns a function that removes it. Both return when the API server acts accordingly.
func (n *Namespace) Deny(t *testing.T, d *Denial) (lift func()) {
	t.Helper()
	server := httptest.NewTLSServer(d)
	t.Cleanup(server.Close)
	path := server.URL + "/deny"
	hook := &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{GenerateName: n.Name + "-"},
		Webhooks: []registrationv1.ValidatingWebhook{{
			Name: "policy.example.com", AdmissionReviewVersions: []string{"v1"}, SideEffects: new(registrationv1.SideEffectClassNone),
			TimeoutSeconds: new(int32(30)),
			ClientConfig: registrationv1.WebhookClientConfig{
				URL: &path, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Name}},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{d.Operation},
				Rule:       registrationv1.Rule{APIGroups: []string{d.Group}, APIVersions: []string{"*"}, Resources: []string{d.Resource}},
			}},
		}},
	}
	if err := n.Admin.Create(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	remove := func() {
		if err := n.Admin.Delete(context.WithoutCancel(t.Context()), hook); client.IgnoreNotFound(err) != nil {
			t.Error(err)
		}
	}
	t.Cleanup(remove)
	d.await(t, true)
	return func() {
		t.Helper()
		remove()
		d.await(t, false)
	}
}

// await waits until the API server refuses what the webhook denies or, if refused is false, does not refuse it any more.
func (d *Denial) await(t *testing.T, refused bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), moment, patience, true, func(ctx context.Context) (bool, error) {
		err := d.Probe(ctx)
		if err != nil && !strings.Contains(err.Error(), "denied the request") {
			return false, err
		}
		return (err != nil) == refused, nil
	})
	if err != nil {
		t.Fatalf("the webhook does not come to refuse (%t): %v", refused, err)
	}
}

// ServeHTTP implements http.Handler.
func (d *Denial) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	review := &admissionv1.AdmissionReview{}
	if err := json.NewDecoder(request.Body).Decode(review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Result: d.Result.DeepCopy()}
	if d.Numbered {
		review.Response.Result.Message += ", request " + string(review.Request.UID)
	}
	if dry := review.Request.DryRun; dry == nil || !*dry {
		d.asked.Add(1)
		if d.Slow != nil {
			<-d.Slow
			review.Response.Allowed = true
		}
	}
	review.Request = nil
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review) // The caller does not wait any more.
}
