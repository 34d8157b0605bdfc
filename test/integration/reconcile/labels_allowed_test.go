package reconcile

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	reviewv1 "k8s.io/api/admission/v1"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// allowNoKeys removes every label and annotation of an object, as a webhook does that allows only keys of its own.
func allowNoKeys(w http.ResponseWriter, request *http.Request) {
	review := &reviewv1.AdmissionReview{}
	var object metav1.PartialObjectMetadata
	if json.NewDecoder(request.Body).Decode(review) != nil || json.Unmarshal(review.Request.Object.Raw, &object) != nil {
		http.Error(w, "not a review", http.StatusBadRequest)
		return
	}
	ops := []map[string]string{}
	if object.Labels != nil {
		ops = append(ops, map[string]string{"op": "remove", "path": "/metadata/labels"})
	}
	if object.Annotations != nil {
		ops = append(ops, map[string]string{"op": "remove", "path": "/metadata/annotations"})
	}
	patch, err := json.Marshal(ops)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	review.Response = &reviewv1.AdmissionResponse{
		UID: review.Request.UID, Allowed: true, Patch: patch, PatchType: new(reviewv1.PatchTypeJSONPatch),
	}
	review.Request = nil
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(review) // The caller does not wait any more.
}

// A webhook of the cluster that is called after ours, and allows new Sandboxes no keys but its own, leaves them without a template. They get
// no Pod and say why. Even pod-name is gone then.
func TestAWebhookThatAllowsNoKeys(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	server := httptest.NewTLSServer(http.HandlerFunc(allowNoKeys))
	t.Cleanup(server.Close)
	hook := &admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "zz-" + n.Name + "-"}, // Webhooks are called in the order of these names.
		Webhooks: []admissionv1.MutatingWebhook{{
			Name: "keys.example.com", AdmissionReviewVersions: []string{"v1"}, SideEffects: new(admissionv1.SideEffectClassNone),
			ClientConfig: admissionv1.WebhookClientConfig{
				URL: &server.URL, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Name}},
			Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.Create},
				Rule:       admissionv1.Rule{APIGroups: []string{sandboxv1.GroupName}, APIVersions: []string{"*"}, Resources: []string{"sandboxes"}},
			}},
		}},
	}
	if err := n.Admin.Create(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Admin.Delete(context.WithoutCancel(t.Context()), hook); err != nil {
			t.Error(err)
		}
	})
	if err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		probe := builder.MakeSandbox("probe").Namespace(n.Name).Label("team", "blue").Obj()
		err := n.Controller.Create(ctx, probe, client.DryRunAll)
		return err == nil && len(probe.Labels) == 0, err
	}); err != nil {
		t.Fatalf("the webhook does not come to act: %v", err)
	}
	warm := n.Member(t, pool, "aaaaa")
	if len(warm.Labels)+len(warm.Annotations) != 0 {
		t.Fatalf("labels %v, annotations %v", warm.Labels, warm.Annotations)
	}
	n.Step(t, warm)
	expectNone[corev1.Pod](t, n, warm.Name)
	got := suite.Get[sandboxv1.Sandbox](t, n, warm.Name)
	if !rules.IsWaitingForPolicy(got) {
		t.Errorf("it says\n%s", said(got.Status.Conditions))
	}
	n.AwaitOffer(t, pool, false)
}
