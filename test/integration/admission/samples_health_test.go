package admission

import (
	"os"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/health"
)

// helm --wait and Flux wait for every sample from the moment that it is applied, and end when it is as it says, but for the one that is
// to be suspended. A template has no status, and nobody waits for it.
func TestKstatusOfSamples(t *testing.T) {
	n := restricted(t)
	waited := []string{"Sandbox", "SandboxClaim", "SandboxWarmPool"}
	var found []*unstructured.Unstructured
	for _, s := range readSamples(t) {
		if s.kind != "SandboxTemplate" && s.kind != "PersistentVolumeClaim" && !slices.Contains(waited, s.kind) {
			continue
		}
		n.Kubectl(t, "", "apply", "-f", s.file)
		if s.kind == "PersistentVolumeClaim" {
			continue
		}
		obj := n.applied(t, s.file)
		found = append(found, obj)
		want := map[bool]string{true: "InProgress", false: "Current"}[slices.Contains(waited, s.kind)]
		if got := health.Kstatus(t, obj); got != want {
			t.Errorf("%s, just applied: %s, want %s", s.name, got, want)
		}
	}
	for range 6 { // A claim makes its Sandbox, and that its Pod, whose readiness goes the same way back. A pool first tries a few.
		n.goOn(t)
	}
	for _, was := range found {
		obj := health.Read(t, n.Admin, was)
		want := "Current"
		if spec, _, _ := unstructured.NestedString(obj.Object, "spec", "operatingMode"); spec == "Suspended" {
			want = "InProgress"
			if got := health.Flux(t, obj); got != "Current" {
				t.Errorf("%s is %s for the checks of Flux", obj.GetName(), got)
			}
		}
		if got := health.Kstatus(t, obj); got != want {
			t.Errorf("%s %s, when all run: %s, want %s\nstatus: %v", obj.GetKind(), obj.GetName(), got, want, obj.Object["status"])
		}
	}
}

// applied returns the object of that file as the API server shows it.
func (u user) applied(t *testing.T, file string) *unstructured.Unstructured {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	obj := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(text, &obj.Object); err != nil {
		t.Fatal(err)
	}
	obj.SetNamespace(u.Name)
	return health.Read(t, u.Admin, obj)
}

// goOn reconciles all templates, pools, claims and Sandboxes once, and runs their Pods.
func (u user) goOn(t *testing.T) {
	t.Helper()
	var (
		templates extensionsv1.SandboxTemplateList
		claims    extensionsv1.SandboxClaimList
		pools     extensionsv1.SandboxWarmPoolList
		sandboxes sandboxv1.SandboxList
		pods      corev1.PodList
	)
	step := func(obj client.Object) { u.Step(t, obj) }
	list(t, u, &templates)
	for i := range templates.Items {
		step(&templates.Items[i])
	}
	list(t, u, &pools)
	for i := range pools.Items {
		step(&pools.Items[i])
	}
	list(t, u, &sandboxes)
	for i := range sandboxes.Items {
		step(&sandboxes.Items[i])
	}
	list(t, u, &claims)
	for i := range claims.Items {
		step(&claims.Items[i])
	}
	list(t, u, &pods)
	for i := range pods.Items {
		u.RunPod(t, pods.Items[i].Name)
	}
}
