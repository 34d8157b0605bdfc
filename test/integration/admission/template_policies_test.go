package admission

import (
	"context"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// good is a template that can be, and bad one that cannot.
const (
	good = `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: mine}
spec:
  podTemplate: {spec: {containers: [{name: main, image: python:3.13-slim}]}}
  volumeClaimTemplates: [{metadata: {name: work}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]`
	bad = `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: bad}
spec: {podTemplate: {spec: {containers: [{name: main, image: python:3.13-slim, ports: [{containerPort: 99999}]}]}}}`
	invalid = `The SandboxTemplate "bad" is invalid: spec.podTemplate.spec.containers[0].ports[0].containerPort: ` +
		`Invalid value: 99999: must be between 1 and 65535, inclusive`
)

// What a cluster runs beside Namesake, and may take away again, keeps no template from being stored: a policy of any code, a
// webhook that refuses, is down, or is slow. What can never be is refused under all of them. Real Pods have owners, names and
// labels, and so has the one that is tried.
func TestTemplatesUnderPolicies(t *testing.T) {
	const pod = `Warning: spec.podTemplate: the namespace does not allow this now: pods "mine-trial" is forbidden: ` +
		`ValidatingAdmissionPolicy 'POLICY' with binding 'POLICY' denied request: `
	const denied = `Warning: spec.podTemplate: the namespace does not allow this now: admission webhook "policy.example.com" denied the request: no`
	const unknown = `Warning: spec.podTemplate: nobody knows whether the namespace allows this: `
	forged := metav1.Status{
		Code: http.StatusUnprocessableEntity, Reason: metav1.StatusReasonInvalid, Message: "no", Details: &metav1.StatusDetails{
			Kind: "Pod", Name: "mine-trial", Causes: []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Field: "spec", Message: "no"}},
		},
	}
	for name, tc := range map[string]struct {
		install func(*testing.T, *suite.Namespace)
		warning string
	}{
		"no policy":             {func(*testing.T, *suite.Namespace) {}, ""},
		"a Pod needs an owner":  {policy("pods", "has(object.metadata.ownerReferences)", ""), ""},
		"a Pod needs the label": {policy("pods", "has(object.metadata.labels) && 'agents.x-k8s.io/sandbox-uid' in object.metadata.labels", ""), ""},
		"a volume needs an owner": {
			policy("persistentvolumeclaims", "has(object.metadata.ownerReferences)", ""), "",
		},
		"a Pod needs another name": {
			policy("pods", "object.metadata.name.startsWith('tenant-')", ""), pod + "failed expression: object.metadata.name.startsWith('tenant-')",
		},
		"the same, forbidden": {
			policy("pods", "object.metadata.name.startsWith('tenant-')", metav1.StatusReasonForbidden),
			pod + "failed expression: object.metadata.name.startsWith('tenant-')",
		},
		"no volumes": {
			policy("persistentvolumeclaims", "false", ""),
			`Warning: spec.volumeClaimTemplates[0]: the namespace does not allow this now: persistentvolumeclaims "work-mine-trial" is forbidden: ` +
				`ValidatingAdmissionPolicy 'POLICY' with binding 'POLICY' denied request: failed expression: false`,
		},
		"a webhook without a code":       {denial(metav1.Status{Message: "no"}), denied},
		"a webhook with 400":             {denial(metav1.Status{Message: "no", Code: http.StatusBadRequest}), denied},
		"a webhook with 409":             {denial(metav1.Status{Message: "no", Code: http.StatusConflict}), denied},
		"a webhook that acts validation": {denial(forged), denied},
		"a webhook that is down": {
			func(t *testing.T, n *suite.Namespace) {
				t.Helper()
				server := httptest.NewTLSServer(http.NotFoundHandler())
				server.Close()
				hook(t, n, server, registrationv1.Fail, "failed calling webhook")
			}, unknown + `Internal error occurred: failed calling webhook "policy.example.com": `,
		},
		"a webhook that is slow, and may be skipped": {
			func(t *testing.T, n *suite.Namespace) {
				t.Helper()
				end := make(chan struct{})
				server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
				t.Cleanup(func() { close(end); server.Close() })
				hook(t, n, server, registrationv1.Ignore, context.DeadlineExceeded.Error())
			}, unknown,
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			tc.install(t, n)
			output, ok := n.Kubectl(t, good, "create", "-f", "-")
			output = strings.ReplaceAll(output, "policy-NAMESPACE", "POLICY")
			if lines := strings.Count(output, "\n"); !ok || !strings.HasPrefix(output, tc.warning) || lines != min(len(tc.warning), 1)+1 {
				t.Errorf("created: %t, it says\n%s, want\n%s", ok, output, tc.warning)
			}
			output, ok = n.Kubectl(t, bad, "create", "-f", "-")
			if ok || !strings.Contains(output, invalid) {
				t.Errorf("one that cannot be: %t, it says\n%s, want\n%s", ok, output, invalid)
			}
		})
	}
}

// policy installs, for one namespace, a ValidatingAdmissionPolicy that requires expression of new objects of a kind.
func policy(kind, expression string, reason metav1.StatusReason) func(*testing.T, *suite.Namespace) {
	return func(t *testing.T, n *suite.Namespace) {
		t.Helper()
		validation := registrationv1.Validation{Expression: expression}
		if reason != "" {
			validation.Reason = &reason
		}
		meta := metav1.ObjectMeta{Name: "policy-" + n.Name}
		all := &registrationv1.MatchResources{ResourceRules: []registrationv1.NamedRuleWithOperations{{RuleWithOperations: rule(kind)}}}
		install(t, n, "denied request", func(name string) client.Object {
			if kind == "pods" {
				return builder.MakePod(name).Namespace(n.Name).Obj()
			}
			return &corev1.PersistentVolumeClaim{
				ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: n.Name},
				Spec: corev1.PersistentVolumeClaimSpec{
					AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
					Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
				},
			}
		}, &registrationv1.ValidatingAdmissionPolicy{
			ObjectMeta: meta,
			Spec:       registrationv1.ValidatingAdmissionPolicySpec{MatchConstraints: all, Validations: []registrationv1.Validation{validation}},
		}, &registrationv1.ValidatingAdmissionPolicyBinding{ObjectMeta: meta, Spec: registrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: meta.Name, ValidationActions: []registrationv1.ValidationAction{registrationv1.Deny},
			MatchResources: &registrationv1.MatchResources{NamespaceSelector: only(n)},
		}})
	}
}

// denial installs a webhook that refuses each Pod with this answer.
func denial(answer metav1.Status) func(*testing.T, *suite.Namespace) {
	return func(t *testing.T, n *suite.Namespace) {
		t.Helper()
		n.Deny(t, &suite.Denial{
			Operation: registrationv1.Create, Resource: "pods", Result: answer,
			Probe: func(ctx context.Context) error {
				return n.Admin.Create(ctx, builder.MakePod("probe").Namespace(n.Name).Obj(), client.DryRunAll)
			},
		})
	}
}

// hook installs a webhook for Pods at server. A Pod's creation then says awaited.
func hook(t *testing.T, n *suite.Namespace, server *httptest.Server, failure registrationv1.FailurePolicyType, awaited string) {
	t.Helper()
	install(t, n, awaited, func(name string) client.Object { return builder.MakePod(name).Namespace(n.Name).Obj() },
		&registrationv1.ValidatingWebhookConfiguration{
			ObjectMeta: metav1.ObjectMeta{GenerateName: n.Name + "-"},
			Webhooks: []registrationv1.ValidatingWebhook{{
				Name: "policy.example.com", AdmissionReviewVersions: []string{"v1"}, SideEffects: new(registrationv1.SideEffectClassNone),
				FailurePolicy: &failure, NamespaceSelector: only(n), Rules: []registrationv1.RuleWithOperations{rule("pods")},
				ClientConfig: registrationv1.WebhookClientConfig{
					URL: &server.URL, CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
				},
			}},
		})
}

// install creates objects, and waits until the creation of a probe says awaited.
func install(t *testing.T, n *suite.Namespace, awaited string, probe func(name string) client.Object, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := n.Admin.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = n.Admin.Delete(context.WithoutCancel(t.Context()), object) })
	}
	var err error
	late := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		err = n.Admin.Create(ctx, probe("probe"), client.DryRunAll)
		return err != nil && (strings.Contains(err.Error(), awaited) || errors.Is(err, context.DeadlineExceeded)), nil
	})
	if late != nil {
		t.Fatalf("the API server does not come to say %q: %v", awaited, err)
	}
}

// only selects the namespace of a test.
func only(n *suite.Namespace) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Name}}
}

// rule matches the creation of objects of a core kind, which is named as a resource.
func rule(kind string) registrationv1.RuleWithOperations {
	return registrationv1.RuleWithOperations{
		Operations: []registrationv1.OperationType{registrationv1.Create},
		Rule:       registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{kind}},
	}
}
