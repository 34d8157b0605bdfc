package reconcile

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A mutating webhook of somebody else's, which comes after Namesake's, changes claims for which a Sandbox of pool "python" was
// picked. Each gets what the stored claim asks for: a Sandbox of the other pool, or of its own with the variables. The Sandbox
// that was picked stays in its pool, for others.
func TestAClaimThatIsChangedAfterThePick(t *testing.T) {
	const env = `{"op":"add","path":"/spec/env","value":[{"name":"TENANT","value":"blue"}]}`
	for name, tc := range map[string]struct {
		patch   string
		sandbox string
	}{
		"to another pool":               {`[{"op":"replace","path":"/spec/warmPoolRef/name","value":"other"}]`, "other-bbbbb"},
		"to another pool that is empty": {`[{"op":"replace","path":"/spec/warmPoolRef/name","value":"empty"}]`, "mine"},
		"to another template": {
			`[{"op":"remove","path":"/spec/warmPoolRef"},{"op":"add","path":"/spec/sandboxTemplateRef","value":{"name":"other"}}]`, "other-bbbbb",
		},
		"to env of its own": {"[" + env + "]", "mine"},
		"in what does not matter": {
			`[{"op":"add","path":"/metadata/labels","value":{"team":"blue"}}]`, "python-aaaaa",
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			pool := n.Pool(t, "python")
			change(t, n, "python", func(template *extensionsv1.SandboxTemplate) {
				template.Spec.EnvVarsInjectionPolicy = extensionsv1.EnvVarsInjectionAllowed
			})
			other := n.Pool(t, "other")
			n.Pool(t, "empty")
			picked := n.Offered(t, pool, "aaaaa")
			n.Offered(t, other, "bbbbb")
			mutate(t, n, tc.patch)
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
			if got := rules.Binding(claim); got != picked.Name {
				t.Fatalf("admission bound the claim to %q, want %q", got, picked.Name)
			}
			n.Step(t, claim)
			n.Step(t, claim)

			stored := suite.Get[extensionsv1.SandboxClaim](t, n, "mine")
			sandbox := suite.Get[sandboxv1.Sandbox](t, n, tc.sandbox)
			if !rules.ControlledBy(sandbox, stored) || stored.Status.Sandbox.Name != tc.sandbox || rules.Binding(stored) != tc.sandbox {
				t.Errorf("bound to %q, it has %q, and %s is controlled by %v", rules.Binding(stored), stored.Status.Sandbox.Name, tc.sandbox, sandbox.OwnerReferences)
			}
			var got []corev1.EnvVar
			for _, e := range stored.Spec.Env {
				got = append(got, corev1.EnvVar{Name: e.Name, Value: e.Value})
			}
			if env := sandbox.Spec.PodTemplate.Spec.Containers[0].Env; len(env) != len(got) || (len(got) > 0 && env[0] != got[0]) {
				t.Errorf("the Sandbox has the variables %v, want %v", env, got)
			}
			if tc.sandbox != picked.Name {
				if left := suite.Get[sandboxv1.Sandbox](t, n, picked.Name); !rules.ControlledBy(left, pool) {
					t.Errorf("the Sandbox that was picked is controlled by %v", left.OwnerReferences)
				}
				n.Clock.Step(time.Minute) // The pick is forgotten by then.
				n.AwaitOffer(t, pool, true)
			}
		})
	}
}

// A worker with an old view tries to adopt what does not fit. The API server refuses that, whatever the webhook's cache knows.
func TestAMisfitIsNotAdopted(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	n.Pool(t, "other")
	picked := n.Offered(t, pool, "aaaaa")
	mutate(t, n, `[{"op":"replace","path":"/spec/warmPoolRef/name","value":"other"}]`)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	base := picked.DeepCopy()
	picked.OwnerReferences = []metav1.OwnerReference{*rules.ClaimOwner(claim)}
	err := n.Controller.Patch(t.Context(), picked, client.MergeFrom(base))
	const want = `SandboxClaim "mine" is for SandboxWarmPool "other", and Sandbox "python-aaaaa" is in SandboxWarmPool "python"`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
}

// mutate installs a webhook that patches each new claim, after Namesake's own.
func mutate(t *testing.T, n *suite.Namespace, patch string) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		review := &admissionv1.AdmissionReview{}
		if err := json.NewDecoder(request.Body).Decode(review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{
			UID: review.Request.UID, Allowed: true, Patch: []byte(patch), PatchType: new(admissionv1.PatchTypeJSONPatch),
		}
		review.Request = nil
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(review) // The caller does not wait any more.
	}))
	t.Cleanup(server.Close)
	hook := &registrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "zz-" + n.Name}, // They are called in the order of their names.
		Webhooks: []registrationv1.MutatingWebhook{{
			Name: "tenant.example.com", AdmissionReviewVersions: []string{"v1"}, SideEffects: new(registrationv1.SideEffectClassNone),
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Name}},
			ClientConfig: registrationv1.WebhookClientConfig{
				URL: &server.URL, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
			},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create}, Rule: registrationv1.Rule{
					APIGroups: []string{extensionsv1.GroupName}, APIVersions: []string{"*"}, Resources: []string{extensionsv1.ResourceSandboxClaims},
				},
			}},
		}},
	}
	if err := n.Admin.Create(t.Context(), hook); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Admin.Delete(context.WithoutCancel(t.Context()), hook) })
	plain := builder.MakeClaim("probe").Namespace(n.Name).Pool("python").Obj()
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		probe := plain.DeepCopy()
		err := n.Editor.Create(ctx, probe, client.DryRunAll)
		return err == nil && (!equality.Semantic.DeepEqual(references(probe), references(plain)) || probe.Labels["team"] != ""), nil
	})
	if err != nil {
		t.Fatalf("the API server does not come to call the webhook: %v", err)
	}
}

// references returns what claim asks for, as far as a default does not add to it.
func references(claim *extensionsv1.SandboxClaim) []any {
	return []any{claim.Spec.WarmPoolRef, claim.Spec.SandboxTemplateRef, claim.Spec.Env}
}
