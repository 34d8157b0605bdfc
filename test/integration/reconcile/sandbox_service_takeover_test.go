package reconcile

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A Service that has the Sandbox's name and belongs to somebody else keeps the Sandbox from being Ready, if it asks for a
// Service.
func TestAServiceInTheWay(t *testing.T) {
	headless, hash := corev1.ServiceSpec{ClusterIP: "None"}, map[string]string{"agents.x-k8s.io/sandbox-name-hash": "374de8f5"}
	const foreign = `service "my-sandbox" is owned by ReplicaSet/web (UID: web-uid), not by sandbox "my-sandbox": delete it, and the Sandbox gets its own`
	for name, tc := range map[string]struct {
		service *corev1.Service
		asked   *bool
		want    string // empty where it does not matter
	}{
		"of nobody": {serviceOf(headless, nil), new(true),
			`cannot adopt unowned service "my-sandbox": missing required pool authorization label ("agents.x-k8s.io/adoptable") or sandbox tracking label ("agents.x-k8s.io/sandbox-name-hash"): delete it, or label it agents.x-k8s.io/adoptable=true to let sandbox "my-sandbox" have it`},
		"of nobody, with an address": {serviceOf(corev1.ServiceSpec{ClusterIP: "10.0.0.77", Ports: []corev1.ServicePort{{Port: 80}}}, hash), new(true),
			`cannot adopt service "my-sandbox": ClusterIP is "10.0.0.77" (expected "None", field is immutable): delete it, and the Sandbox gets its own`},
		"of another controller":                               {serviceOf(headless, nil, replicaSet), new(true), foreign},
		"of another controller, with the Sandbox's label":     {serviceOf(headless, hash, replicaSet), new(true), foreign},
		"of another controller, and it is not asked for":      {serviceOf(headless, hash, replicaSet), nil, foreign},
		"of nobody, and it is not asked for":                  {serviceOf(headless, hash), nil, ""},
		"of nobody, and there is to be none":                  {serviceOf(headless, hash), new(false), ""},
		"of another controller, and there is to be none":      {serviceOf(headless, hash, replicaSet), new(false), ""},
		"of another controller, unlabelled and not asked for": {serviceOf(headless, nil, replicaSet), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			inTheWay := suite.Create(t, n, n.Admin, tc.service)
			made := builder.MakeSandbox("my-sandbox").Obj()
			made.Spec.Service = tc.asked
			sandbox := suite.Create(t, n, n.Editor, made)
			result := n.Step(t, sandbox)
			n.RunPod(t, "my-sandbox") // The Pod does not wait for the Service.
			n.Step(t, sandbox)
			want, recheck := "False ReconcilerError: Error seen: "+tc.want, 10*time.Second
			if tc.want == "" {
				want, recheck = "True DependenciesReady: Pod is Ready", 0
			}
			if diff := cmp.Diff(want, readyOf(t, n, "my-sandbox")); diff != "" {
				t.Errorf("Ready (-want +got):\n%s", diff)
			}
			if result.RequeueAfter != recheck {
				t.Errorf("looks again after %s, want %s", result.RequeueAfter, recheck)
			}
			if diff := cmp.Diff(inTheWay, suite.Get[corev1.Service](t, n, "my-sandbox")); diff != "" {
				t.Errorf("the Service was touched (-before +after):\n%s", diff)
			}
			expectServed(t, n, false)
		})
	}
}

// A Service without an owner that may be taken over becomes the Sandbox's own, in one write, and leads nowhere else.
func TestAServiceIsTakenOver(t *testing.T) {
	elsewhere := map[string]string{"app": "another"}
	adoptable := map[string]string{"agents.x-k8s.io/adoptable": "true"}
	for name, service := range map[string]*corev1.Service{
		"headless":               serviceOf(corev1.ServiceSpec{ClusterIP: "None", Selector: elsewhere, Ports: []corev1.ServicePort{{Port: 81}}}, adoptable),
		"with nothing in it":     serviceOf(corev1.ServiceSpec{ClusterIP: "None"}, adoptable),
		"of an earlier namesake": serviceOf(corev1.ServiceSpec{ClusterIP: "None", Selector: elsewhere}, map[string]string{"agents.x-k8s.io/sandbox-name-hash": "374de8f5"}),
		"a name for another":     serviceOf(corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.com"}, adoptable),
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			before := suite.Create(t, n, n.Admin, service)
			sandbox := suite.Create(t, n, n.Editor, served().Obj())
			writes := suite.Writes(t)
			n.Step(t, sandbox)
			n.Step(t, sandbox)
			want := suite.Counts{"POST pods": 1, "PATCH services": 1, "PATCH sandboxes/status": 1}
			if before.Labels["agents.x-k8s.io/sandbox-name-hash"] == "" { // The cache does not have it: the reconciler tries to create it first.
				want["POST services"] = 1
			}
			writes.Expect(t, suite.Writes, want)
			got, made := suite.Get[corev1.Service](t, n, "my-sandbox"), rules.NewService(sandbox)
			if got.UID != before.UID || !metav1.IsControlledBy(got, sandbox) {
				t.Errorf("the Service has UID %s and owners %v", got.UID, got.OwnerReferences)
			}
			type part struct {
				Type                    corev1.ServiceType
				ClusterIP, ExternalName string
				Selector                map[string]string
				Ports                   []corev1.ServicePort
			}
			if diff := cmp.Diff(
				part{corev1.ServiceTypeClusterIP, "None", "", made.Spec.Selector, made.Spec.Ports},
				part{got.Spec.Type, got.Spec.ClusterIP, got.Spec.ExternalName, got.Spec.Selector, got.Spec.Ports},
			); diff != "" {
				t.Errorf("spec of the Service (-want +got):\n%s", diff)
			}
			expectServed(t, n, true)
		})
	}
}

// A cache that has not seen the Service yet, or cannot see it since it lost its label, causes no error. (W22)
func TestAServiceThatTheCacheDoesNotHave(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, served().Obj())
	n.Settle(t)
	crashed := n.Sandboxes(suite.Before(n.ReadYourWrites, func(w suite.Write) error {
		if w.Verb == "patch/status" {
			return errors.New("crashed")
		}
		return nil
	}))
	if _, err := crashed.Reconcile(t.Context(), sandbox); err == nil {
		t.Error("the pass ended well")
	}
	service := suite.Get[corev1.Service](t, n, "my-sandbox")
	before := suite.Writes(t)
	r := n.Sandboxes(suite.Missing(n.ReadYourWrites, service))
	if _, err := r.Reconcile(t.Context(), sandbox); err != nil {
		t.Errorf("unseen: %v", err)
	}
	// The first write is refused: the Service exists.
	before.Expect(t, suite.Writes, suite.Counts{"POST services": 1, "PATCH sandboxes/status": 1})
	expectServed(t, n, true)

	change(t, n, "my-sandbox", func(service *corev1.Service) { service.Labels = nil })
	n.Step(t, sandbox)
	if diff := cmp.Diff(service.Labels, suite.Get[corev1.Service](t, n, "my-sandbox").Labels); diff != "" {
		t.Errorf("labels (-before +after):\n%s", diff)
	}
	expectNoWrites(t, n, sandbox)
}
