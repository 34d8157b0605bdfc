package suite

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Mutation is what a mutating webhook of the cluster's own changes in the objects of a namespace.
type Mutation struct {
	Operation       registrationv1.OperationType
	Group, Resource string
	// Patch is the JSON patch for an object as it came. It is empty for one that stays as it is.
	Patch func(object []byte) string
	// Changed sends, in a dry run, a request that is changed, and reports whether it was.
	Changed func(context.Context) bool
}

// Mutate installs the webhook, and returns a function that removes it. Both return when the API server acts accordingly.
func (n *Namespace) Mutate(t *testing.T, m *Mutation) (lift func()) {
	t.Helper()
	server := httptest.NewTLSServer(m)
	t.Cleanup(server.Close)
	hook := &registrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{GenerateName: n.Name + "-"},
		Webhooks: []registrationv1.MutatingWebhook{{
			Name: "change.example.com", AdmissionReviewVersions: []string{"v1"}, SideEffects: new(registrationv1.SideEffectClassNone),
			ClientConfig: registrationv1.WebhookClientConfig{
				URL: &server.URL, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Name}},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{m.Operation},
				Rule:       registrationv1.Rule{APIGroups: []string{m.Group}, APIVersions: []string{"*"}, Resources: []string{m.Resource}},
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
	m.await(t, true)
	return func() {
		t.Helper()
		remove()
		m.await(t, false)
	}
}

func (m *Mutation) await(t *testing.T, changed bool) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), moment, patience, true, func(ctx context.Context) (bool, error) {
		return m.Changed(ctx) == changed, nil
	})
	if err != nil {
		t.Fatalf("the webhook does not come to change objects (%t): %v", changed, err)
	}
}

// ServeHTTP implements http.Handler.
func (m *Mutation) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	review := &admissionv1.AdmissionReview{}
	if err := json.NewDecoder(request.Body).Decode(review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if patch := m.Patch(review.Request.Object.Raw); patch != "" {
		review.Response.PatchType = new(admissionv1.PatchTypeJSONPatch)
		review.Response.Patch = []byte(patch)
	}
	review.Request = nil
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review) // The caller does not wait any more.
}

// MutatePods is Mutate for a webhook that patches each new Pod, so that it is not valid any more.
func (n *Namespace) MutatePods(t *testing.T, patch string) (lift func()) {
	t.Helper()
	return n.Mutate(t, &Mutation{
		Operation: registrationv1.Create, Resource: "pods", Patch: func([]byte) string { return patch },
		Changed: func(ctx context.Context) bool { return n.TryPod(ctx, corev1.ResourceRequirements{}) != nil },
	})
}

// TryPod tries, in a dry run, a Pod that asks for these resources.
func (n *Namespace) TryPod(ctx context.Context, resources corev1.ResourceRequirements) error {
	return n.Admin.Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "probe"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "none", Resources: resources}}},
	}, client.DryRunAll)
}

// LimitPods gives the namespace a LimitRange that limits containers without a limit of their own to that much CPU, and returns a
// function that removes it. Both return when the API server acts accordingly. asks is more than that.
func (n *Namespace) LimitPods(t *testing.T, limit, asks corev1.ResourceList) (lift func()) {
	t.Helper()
	limits := &corev1.LimitRange{
		ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "limits"},
		Spec:       corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{Type: corev1.LimitTypeContainer, Default: limit}}},
	}
	if err := n.Admin.Create(t.Context(), limits); err != nil {
		t.Fatal(err)
	}
	await := func(limited bool) {
		t.Helper()
		err := wait.PollUntilContextTimeout(t.Context(), moment, 2*patience, true, func(ctx context.Context) (bool, error) {
			return (n.TryPod(ctx, corev1.ResourceRequirements{Requests: asks}) != nil) == limited, nil
		})
		if err != nil {
			t.Fatalf("the API server does not come to limit Pods (%t): %v", limited, err)
		}
	}
	await(true)
	return func() {
		t.Helper()
		if err := n.Admin.Delete(t.Context(), limits); err != nil {
			t.Fatal(err)
		}
		await(false)
	}
}
