package builder

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
)

func TestNameHash(t *testing.T) {
	for name, want := range map[string]string{
		"my-sandbox": "374de8f5", "test-template": "69155462", "pool": "91dd7983", "sandboxwarmpool-example": "11ea0998", "": "811c9dc5",
	} {
		if got := nameHash(name); got != want {
			t.Errorf("nameHash(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestObjReturnsACopy(t *testing.T) {
	wrapper := MakeSandbox("a").Label("k", "before")
	before := wrapper.Obj()
	after := wrapper.Label("k", "after").Deleting().Obj()
	if before.Labels["k"] != "before" || before.DeletionTimestamp != nil {
		t.Errorf("the object changed after Obj: %v", before.ObjectMeta)
	}
	if after.Labels["k"] != "after" || after.DeletionTimestamp == nil || len(after.Finalizers) == 0 {
		t.Errorf("the wrapper did not go on: %v", after.ObjectMeta)
	}
}

func TestClaimedBy(t *testing.T) {
	pool := MakePool("p").Template("t").Obj()
	claim := MakeClaim("c").Template("t").Label(sandboxv1.LabelCreatedBy, sandboxv1.CreatedByGoClient).Obj()
	base := map[string]string{
		sandboxv1.LabelClaimUID:        "sandboxclaim-c-uid",
		sandboxv1.LabelCreatedBy:       sandboxv1.CreatedByGoClient,
		sandboxv1.LabelTemplateRefHash: nameHash("t"),
	}
	for name, tc := range map[string]struct {
		sandbox    *SandboxWrapper
		launchType string
	}{
		"out of a pool it is warm and no longer the pool's": {MakeSandbox("a").Pool(pool).ClaimedBy(claim), sandboxv1.LaunchTypeWarm},
		"otherwise it is cold":                              {MakeSandbox("a").ClaimedBy(claim), sandboxv1.LaunchTypeCold},
	} {
		t.Run(name, func(t *testing.T) {
			got := tc.sandbox.Obj()
			want := maps.Clone(base)
			want[sandboxv1.LabelLaunchType] = tc.launchType
			if diff := cmp.Diff(want, got.Labels); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			if len(got.OwnerReferences) != 1 || !metav1.IsControlledBy(got, claim) {
				t.Errorf("owners are %v, want the claim alone", got.OwnerReferences)
			}
		})
	}
}

func TestReadySandboxAndPodAgree(t *testing.T) {
	sandbox := MakeSandbox("a").Pool(MakePool("p").Namespace("ns").Obj()).Ready().Generation(2).Obj()
	pod := MakePod("a").ControlledBy(sandbox).Ready().Obj()
	got := sandboxv1.SandboxStatus{
		PodUID: pod.UID, NodeName: pod.Spec.NodeName, PodIPs: []string{pod.Status.PodIP}, Selector: sandbox.Status.Selector,
		Conditions: sandbox.Status.Conditions,
	}
	if diff := cmp.Diff(sandbox.Status, got); diff != "" {
		t.Errorf("status of the Sandbox and what its Pod says (-sandbox +pod):\n%s", diff)
	}
	if pod.Namespace != "ns" || !metav1.IsControlledBy(pod, sandbox) {
		t.Errorf("the Pod is in %q, controlled by %v", pod.Namespace, pod.OwnerReferences)
	}
	if got := sandbox.Status.Conditions[0].ObservedGeneration; got != 1 {
		t.Errorf("Ready speaks of generation %d, want 1: it was set before Generation", got)
	}
}
