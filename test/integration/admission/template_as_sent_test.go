package admission

import (
	"context"
	"net/http"
	"strings"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// asking is a template that asks for 200m CPU and has no limit.
const asking = `
apiVersion: extensions.agents.x-k8s.io/v1beta1
kind: SandboxTemplate
metadata: {name: mine}
spec: {podTemplate: {spec: {containers: [{name: main, image: python:3.13-slim, resources: {requests: {cpu: 200m}}}]}}}`

// limit limits containers to 100m CPU.
func limit(t *testing.T, n *suite.Namespace) {
	t.Helper()
	cpu := func(amount string) corev1.ResourceList {
		return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(amount)}
	}
	n.LimitPods(t, cpu("100m"), cpu("200m"))
}

// What the cluster's admission makes of a valid template is a warning. What is invalid as it was sent is refused all the same.
func TestTemplatesThatAdmissionMakesInvalid(t *testing.T) {
	const notNow = `Warning: spec.podTemplate: the namespace does not allow this now: Pod "mine-trial" is invalid: `
	mutate := func(patch string) func(*testing.T, *suite.Namespace) {
		return func(t *testing.T, n *suite.Namespace) {
			t.Helper()
			n.MutatePods(t, patch)
		}
	}
	for name, tc := range map[string]struct {
		install       func(*testing.T, *suite.Namespace)
		warning, says string
	}{
		"a LimitRange": {limit, notNow, "must be less than or equal to cpu limit of 100m"},
		"a webhook that adds a container of a taken name": {
			mutate(`[{"op":"add","path":"/spec/containers/-","value":{"name":"main","image":"proxy"}}]`), notNow, `Duplicate value: "main"`,
		},
		"a webhook that sets a label": {
			mutate(`[{"op":"add","path":"/metadata/labels","value":{"team":"not valid"}}]`), notNow, `Invalid value: "not valid"`,
		},
		"a webhook that adds a port": {
			mutate(`[{"op":"add","path":"/spec/containers/0/ports","value":[{"containerPort":99999}]}]`), notNow, "must be between 1 and 65535",
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			tc.install(t, n)
			output, ok := n.Kubectl(t, asking, "create", "-f", "-")
			if !ok || !strings.HasPrefix(output, tc.warning) || !strings.Contains(output, tc.says) {
				t.Errorf("created: %t, it says\n%s, want\n%s ... %s", ok, output, tc.warning, tc.says)
			}
			output, ok = n.Kubectl(t, bad, "create", "-f", "-")
			if ok || !strings.Contains(output, "must be between 1 and 65535") {
				t.Errorf("one that cannot be: %t, it says\n%s", ok, output)
			}
		})
	}
}

// Where PodTemplates are denied, nobody knows whether a Pod was valid as it was sent. What is invalid is found before the denial.
func TestTemplatesWherePodTemplatesAreRefused(t *testing.T) {
	n := suite.New(t)
	limit(t, n)
	n.Deny(t, &suite.Denial{
		Operation: registrationv1.Create, Resource: "podtemplates", Result: metav1.Status{Message: "no", Code: http.StatusForbidden},
		Probe: func(ctx context.Context) error {
			template := &corev1.PodTemplate{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "probe"}}
			template.Template.Spec.Containers = []corev1.Container{{Name: "main", Image: "none"}}
			return n.Admin.Create(ctx, template, client.DryRunAll)
		},
	})
	output, ok := n.Kubectl(t, asking, "create", "-f", "-")
	const warning = "Warning: spec.podTemplate: nobody knows whether the namespace allows this: "
	const ends = `it is not known whether it was when it was sent: admission webhook "policy.example.com" denied the request: no)`
	if !ok || !strings.HasPrefix(output, warning) || !strings.Contains(output, ends) {
		t.Errorf("created: %t, it says\n%s", ok, output)
	}
	if output, ok = n.Kubectl(t, bad, "create", "-f", "-"); ok || !strings.Contains(output, "99999") {
		t.Errorf("one that cannot be: %t, it says\n%s", ok, output)
	}
}
