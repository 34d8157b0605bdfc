package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// served makes a Sandbox with a Service and a port.
func served() *builder.SandboxWrapper {
	return builder.MakeSandbox("my-sandbox").Service(true).Containers(corev1.Container{
		Name: "main", Image: builder.DefaultImage, Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080}},
	})
}

// serviceOf returns the Service "my-sandbox" as somebody else made it.
func serviceOf(spec corev1.ServiceSpec, labels map[string]string, owners ...metav1.OwnerReference) *corev1.Service {
	return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "my-sandbox", Labels: labels, OwnerReferences: owners}, Spec: spec}
}

// ask sets what the Sandbox "my-sandbox" asks for.
func ask(t *testing.T, n *suite.Namespace, service *bool) {
	t.Helper()
	change(t, n, "my-sandbox", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.Service = service })
}

// expectServed fails unless the status says that there is a Service, or that there is none.
func expectServed(t *testing.T, n *suite.Namespace, want bool) {
	t.Helper()
	service, fqdn := "", ""
	if want {
		service, fqdn = "my-sandbox", "my-sandbox."+n.Name+".svc.cluster.test"
	}
	got := suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox").Status
	if got.Service != service || got.ServiceFQDN != fqdn {
		t.Errorf("the status has Service %q, %q; want %q, %q", got.Service, got.ServiceFQDN, service, fqdn)
	}
}

func TestServiceOfASandbox(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, served().Obj())
	before := suite.Writes(t)
	n.Step(t, sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"POST services": 1, "POST pods": 1, "PATCH sandboxes/status": 1})
	got := suite.Get[corev1.Service](t, n, "my-sandbox")
	identity := map[string]string{"agents.x-k8s.io/sandbox-name-hash": "374de8f5", "agents.x-k8s.io/sandbox-uid": string(sandbox.UID)}
	want := got.DeepCopy()
	want.Labels, want.Annotations, want.OwnerReferences = identity, nil, controllerOf(sandbox)
	want.Spec.ClusterIP, want.Spec.ClusterIPs, want.Spec.Type, want.Spec.Selector = "None", []string{"None"}, corev1.ServiceTypeClusterIP, identity
	want.Spec.Ports = []corev1.ServicePort{{Name: "http", Protocol: "TCP", Port: 8080, TargetPort: intstr.FromInt32(8080)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Service (-want +got):\n%s", diff)
	}
	if got := got.ManagedFields[0].Manager; got != "sandbox-controller" {
		t.Errorf("the field manager is %q", got)
	}
	expectServed(t, n, true)
	expectNoWrites(t, n, sandbox)
}

// A Service is created and kept, only kept, or deleted.
func TestServiceThreeWays(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Obj())
	n.Step(t, sandbox)
	expectNone[corev1.Service](t, n, "my-sandbox") // The field is unset: no Service is created.
	expectServed(t, n, false)

	ask(t, n, new(true))
	n.Step(t, sandbox)
	created := suite.Get[corev1.Service](t, n, "my-sandbox")
	expectServed(t, n, true)

	ask(t, n, nil)
	n.Step(t, sandbox)
	if diff := cmp.Diff(created, suite.Get[corev1.Service](t, n, "my-sandbox")); diff != "" { // The field is unset: the Service is kept.
		t.Errorf("the Service was touched (-before +after):\n%s", diff)
	}
	expectServed(t, n, true)

	ask(t, n, new(false))
	before := suite.Writes(t)
	n.Step(t, sandbox)
	before.Expect(t, suite.Writes, suite.Counts{"DELETE services": 1, "PATCH sandboxes/status": 1})
	expectNone[corev1.Service](t, n, "my-sandbox")
	expectServed(t, n, false)
	expectNoWrites(t, n, sandbox)

	ask(t, n, nil)
	n.Step(t, sandbox)
	expectNone[corev1.Service](t, n, "my-sandbox")
}

// The reconciler repairs what somebody changed in a Sandbox's Service: always its target, and its ports only if the Service is
// asked for. It also repairs a Service that the cache does not have any more, since its label is gone.
func TestServiceDrift(t *testing.T) {
	misled := map[string]string{"agents.x-k8s.io/sandbox-name-hash": "00000bad", "team": "blue"}
	unlabelled := map[string]string{"team": "blue"}
	for name, tc := range map[string]struct {
		service *bool
		labels  map[string]string
	}{
		"asked for":                    {new(true), misled},
		"kept":                         {nil, misled},
		"asked for, without its label": {new(true), unlabelled},
		"kept, without its label":      {nil, unlabelled},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			sandbox := suite.Create(t, n, n.Editor, served().Obj())
			n.Step(t, sandbox)
			want := suite.Get[corev1.Service](t, n, "my-sandbox")
			ask(t, n, tc.service)
			n.Step(t, sandbox)
			drifted := change(t, n, "my-sandbox", func(s *corev1.Service) {
				s.Labels = tc.labels
				s.Spec.Selector = map[string]string{"app": "another"}
				s.Spec.Ports[0].Port, s.Spec.PublishNotReadyAddresses = 81, true
			})
			before := suite.Writes(t)
			n.Step(t, sandbox)
			n.Step(t, sandbox)
			before.Expect(t, suite.Writes, suite.Counts{"PATCH services": 1})
			got := suite.Get[corev1.Service](t, n, "my-sandbox")
			want.Labels["team"], want.Spec.PublishNotReadyAddresses = "blue", true
			if tc.service == nil {
				want.Spec.Ports = drifted.Spec.Ports
			}
			want.ResourceVersion, want.ManagedFields = got.ResourceVersion, got.ManagedFields
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Service (-want +got):\n%s", diff)
			}
			expectServed(t, n, true)
		})
	}
}

// A Service that has lost its label is deleted when there is to be none, even where the status does not mention a Service.
func TestAServiceWithoutItsLabelGoes(t *testing.T) {
	for name, status := range map[string]string{"known": "my-sandbox", "not known": ""} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			sandbox := suite.Create(t, n, n.Editor, served().Obj())
			n.Step(t, sandbox)
			change(t, n, "my-sandbox", func(s *corev1.Service) { s.Labels = nil })
			obj := suite.Get[sandboxv1.Sandbox](t, n, "my-sandbox")
			base := obj.DeepCopy()
			obj.Status.Service = status
			if err := n.Admin.Status().Patch(t.Context(), obj, client.MergeFrom(base)); err != nil {
				t.Fatal(err)
			}
			ask(t, n, new(false))
			n.Step(t, sandbox)
			expectNone[corev1.Service](t, n, "my-sandbox")
			expectServed(t, n, false)
			expectNoWrites(t, n, sandbox)
		})
	}
}

// Where everything is in order, the cache is enough: the reconciler reads nothing live for a Sandbox that starts and runs.
func TestNothingIsReadLiveOfASandboxThatRuns(t *testing.T) {
	for name, service := range map[string]*bool{"with a Service": new(true), "unset": nil, "without": new(false)} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			made := served().Obj()
			made.Spec.Service = service
			sandbox := suite.Create(t, n, n.Editor, made)
			r := n.Sandboxes(n.ReadYourWrites)
			r.Live = unreachable{}
			for range 2 {
				n.Settle(t)
				if _, err := r.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, sandbox.Name)); err != nil {
					t.Fatal(err)
				}
				n.RunPod(t, sandbox.Name)
			}
			if !isReady(suite.Get[sandboxv1.Sandbox](t, n, sandbox.Name).Status.Conditions) {
				t.Error("the Sandbox is not Ready")
			}
		})
	}
}

// The Service's ports follow the containers in the Sandbox.
func TestServicePortsFollow(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, served().Obj())
	n.Step(t, sandbox)
	change(t, n, "my-sandbox", func(sandbox *sandboxv1.Sandbox) {
		sandbox.Spec.PodTemplate.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 9090}, {ContainerPort: 53, Protocol: "UDP"}}
	})
	n.Step(t, sandbox)
	want := []corev1.ServicePort{
		{Name: "p-53-udp", Protocol: "UDP", Port: 53, TargetPort: intstr.FromInt32(53)},
		{Name: "p-9090-tcp", Protocol: "TCP", Port: 9090, TargetPort: intstr.FromInt32(9090)},
	}
	if diff := cmp.Diff(want, suite.Get[corev1.Service](t, n, "my-sandbox").Spec.Ports); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
	change(t, n, "my-sandbox", func(sandbox *sandboxv1.Sandbox) { sandbox.Spec.PodTemplate.Spec.Containers[0].Ports = nil })
	n.Step(t, sandbox)
	if got := suite.Get[corev1.Service](t, n, "my-sandbox").Spec.Ports; len(got) > 0 {
		t.Errorf("ports %v, want none", got)
	}
	expectNoWrites(t, n, sandbox)
}

// The Sandbox reports everything that the API server refuses, in its words. A failure of one does not keep the others from
// being tried.
func TestWhatIsRefusedIsSaidAtOnce(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, served().Containers(corev1.Container{
		Name: "main", Image: builder.DefaultImage, Ports: []corev1.ContainerPort{{Name: "p-", ContainerPort: 8080}},
	}).Obj())
	if again := n.Step(t, sandbox); again.RequeueAfter != 10*time.Minute {
		t.Errorf("looks again after %s, want 10m", again.RequeueAfter)
	}
	want := `False InvalidConfiguration: Error seen: creating Pod "my-sandbox": Pod "my-sandbox" is invalid: ` +
		`spec.containers[0].ports[0].name: Invalid value: "p-": must not begin or end with a hyphen` + "\n" +
		`creating Service "my-sandbox": Service "my-sandbox" is invalid: spec.ports[0].name: Invalid value: "p-": ` +
		`a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character ` +
		`(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`
	if diff := cmp.Diff(want, readyOf(t, n, "my-sandbox")); diff != "" {
		t.Errorf("Ready (-want +got):\n%s", diff)
	}
	expectServed(t, n, false)
}
