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
)

// Change installs a mutating webhook of somebody else's, which patches every new object of probe's kind in the namespace: patch
// returns how. The API server calls webhooks in the order of their configurations' names. Change returns when the API server calls
// this one, as creations of probe show, none of which is stored.
func Change[T any, P interface {
	*T
	client.Object
}](t *testing.T, s *Scene, configuration string, probe P, patch func(P) []jsonpatch.Operation) {
	t.Helper()
	called := make(chan struct{})
	call := sync.OnceFunc(func() { close(called) })
	config := serveHook(t, func(_ *http.Request, request *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		call()
		obj := P(new(T))
		if err := json.Unmarshal(request.Object.Raw, obj); err != nil {
			return &admissionv1.AdmissionResponse{Result: &metav1.Status{Message: err.Error()}}
		}
		operations, err := json.Marshal(patch(obj))
		if err != nil {
			return &admissionv1.AdmissionResponse{Result: &metav1.Status{Message: err.Error()}}
		}
		return &admissionv1.AdmissionResponse{Allowed: true, Patch: operations, PatchType: new(admissionv1.PatchTypeJSONPatch)}
	})
	s.installChange(t, configuration, probe, config)

	probe.SetNamespace(s.Namespace)
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, Soon, true, func(ctx context.Context) (bool, error) {
		_ = s.Admin.Create(ctx, probe.DeepCopyObject().(P), client.DryRunAll) //nolint:forcetypeassert // a copy
		select {
		case <-called:
			return true, nil
		default:
			return false, nil
		}
	})
	if err != nil {
		t.Fatalf("the API server does not come to call the webhook: %v", err)
	}
}

// installChange installs the configuration of Change.
func (s *Scene) installChange(t *testing.T, configuration string, probe client.Object, config registrationv1.WebhookClientConfig) {
	t.Helper()
	kind, err := s.Admin.GroupVersionKindFor(probe)
	if err != nil {
		t.Fatal(err)
	}
	mapping, err := s.Admin.RESTMapper().RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		t.Fatal(err)
	}
	hook := &registrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: configuration + "-" + s.Namespace},
		Webhooks: []registrationv1.MutatingWebhook{{
			Name: "change.example.com", AdmissionReviewVersions: []string{"v1"},
			SideEffects: new(registrationv1.SideEffectClassNone), ClientConfig: config,
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: s.Namespace}},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create}, Rule: registrationv1.Rule{
					APIGroups: []string{kind.Group}, APIVersions: []string{kind.Version}, Resources: []string{mapping.Resource.Resource},
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
}
