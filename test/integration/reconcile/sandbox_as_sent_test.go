package reconcile

import (
	"context"
	"strings"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

func cpu(amount string) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(amount)}
}

// asking returns a container that asks for 200m CPU, and listens on that port.
func asking(port int32) corev1.Container {
	return corev1.Container{
		Name: "main", Image: "python:3.13-slim", Ports: []corev1.ContainerPort{{ContainerPort: port}},
		Resources: corev1.ResourceRequirements{Requests: cpu("200m")},
	}
}

// A Pod that is valid as it is sent, and that the cluster's admission makes invalid, is tried again with backoff: what does it can be
// taken away. Whether it is valid as it is sent is asked once.
func TestAPodThatAdmissionMakesInvalid(t *testing.T) {
	const container = `[{"op":"add","path":"/spec/containers/-","value":{"name":"main","image":"proxy"}}]`
	const label = `[{"op":"add","path":"/metadata/labels","value":{"team":"not valid"}}]`
	for name, tc := range map[string]struct {
		install func(*testing.T, *suite.Namespace) func()
		says    string
	}{
		"a LimitRange": {
			func(t *testing.T, n *suite.Namespace) func() {
				t.Helper()
				return n.LimitPods(t, cpu("100m"), cpu("200m"))
			},
			"must be less than or equal to cpu limit of 100m",
		},
		"a webhook that adds a container": {
			func(t *testing.T, n *suite.Namespace) func() {
				t.Helper()
				return n.MutatePods(t, container)
			}, `Duplicate value: "main"`,
		},
		"a webhook that sets a label": {
			func(t *testing.T, n *suite.Namespace) func() {
				t.Helper()
				return n.MutatePods(t, label)
			}, `Invalid value: "not valid"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			lift := tc.install(t, n)
			sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Containers(asking(8080)).Obj())
			templates := 0
			counted := suite.Before(n.ReadYourWrites, func(w suite.Write) error {
				if _, ok := w.Object.(*corev1.PodTemplate); ok {
					templates++
				}
				return nil
			})
			r := n.Sandboxes(counted)
			for range 3 {
				n.Settle(t)
				if _, err := r.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox")); err == nil {
					t.Error("no error: the queue would not try again with backoff")
				}
			}
			const begins, ends = `False ReconcilerError: Error seen: creating Pod "my-sandbox": Pod "my-sandbox" is invalid: `, "changes it)"
			if got := readyOf(t, n, "my-sandbox"); !strings.HasPrefix(got, begins) || !strings.HasSuffix(got, ends) || !strings.Contains(got, tc.says) {
				t.Errorf("Ready is %s", got)
			}
			if templates != 1 {
				t.Errorf("asked %d times, want once", templates)
			}
			lift()
			n.Step(t, sandbox)
			n.RunPod(t, "my-sandbox")
		})
	}
}

// What is invalid as it is sent stays so under any admission. Where PodTemplates are refused, nobody knows.
func TestAPodThatIsInvalidUnderAdmission(t *testing.T) {
	t.Run("as it is sent", func(t *testing.T) {
		n := suite.New(t)
		n.LimitPods(t, cpu("100m"), cpu("200m"))
		sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Containers(asking(99999)).Obj())
		n.Step(t, sandbox)
		if got := readyOf(t, n, "my-sandbox"); !strings.HasPrefix(got, "False InvalidConfiguration: ") || !strings.Contains(got, "99999") {
			t.Errorf("Ready is %s", got)
		}
	})
	t.Run("where PodTemplates are refused", func(t *testing.T) {
		n := suite.New(t)
		n.LimitPods(t, cpu("100m"), cpu("200m"))
		n.Deny(t, &suite.Denial{
			Operation: registrationv1.Create, Resource: "podtemplates", Result: metav1.Status{Message: "no", Code: 403},
			Probe: func(ctx context.Context) error {
				template := &corev1.PodTemplate{ObjectMeta: metav1.ObjectMeta{Namespace: n.Name, Name: "probe"}}
				template.Template.Spec.Containers = []corev1.Container{{Name: "main", Image: "none"}}
				return n.Admin.Create(ctx, template, client.DryRunAll)
			},
		})
		sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Containers(asking(8080)).Obj())
		if _, err := n.TryStep(t, sandbox); err == nil {
			t.Error("no error: the queue would not try again with backoff")
		}
		const ends = `it is not known whether it was when it was sent: admission webhook "policy.example.com" denied the request: no)`
		if got := readyOf(t, n, "my-sandbox"); !strings.HasPrefix(got, "False ReconcilerError: ") || !strings.HasSuffix(got, ends) {
			t.Errorf("Ready is %s", got)
		}
	})
}
