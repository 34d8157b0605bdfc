package reconcile

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// Whoever has a claim suspends its Sandbox, as docs/claims.md says. The claim says so, keeps its Sandbox, is Ready again when that one runs
// again, and ends in time all the same.
func TestASandboxIsSuspendedUnderItsClaim(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").
		Lifecycle(extensionsv1.Lifecycle{ShutdownTime: new(metav1.NewTime(n.Clock.Now().Add(time.Hour))), ShutdownPolicy: extensionsv1.ShutdownPolicyDelete}).Obj())
	n.Step(t, claim)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	settle := func() {
		t.Helper()
		n.Step(t, sandbox)
		n.Step(t, sandbox)
		n.Step(t, claim)
	}
	expect := func(when, want string) {
		t.Helper()
		got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status
		if said(got.Conditions) != want || got.Sandbox.Name != "mine" || got.Sandbox.UID != sandbox.UID {
			t.Errorf("%s: it says %s, of %+v", when, said(got.Conditions), got.Sandbox)
		}
	}
	mode := func(mode sandboxv1.OperatingMode) {
		t.Helper()
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"operatingMode":"`+string(mode)+`"}}`))
		if err := n.Editor.Patch(t.Context(), sandbox.DeepCopy(), patch); err != nil {
			t.Fatalf("the claim's user: %v", err)
		}
	}
	n.Step(t, sandbox)
	n.RunPod(t, "mine")
	settle()
	expect("at first", "True DependenciesReady: Pod is Ready")
	mode(sandboxv1.OperatingModeSuspended)
	settle()
	expect("suspended", "False SandboxSuspended: Sandbox is suspended")
	expectNone[corev1.Pod](t, n, "mine")
	mode(sandboxv1.OperatingModeRunning)
	settle()
	n.RunPod(t, "mine")
	settle()
	expect("resumed", "True DependenciesReady: Pod is Ready")

	mode(sandboxv1.OperatingModeSuspended)
	settle()
	n.Clock.Step(2 * time.Hour)
	n.Step(t, claim)
	expectNone[extensionsv1.SandboxClaim](t, n, "mine")
}

// No user suspends what is in a pool.
func TestNobodySuspendsAWarmSandbox(t *testing.T) {
	n := suite.New(t)
	warm := n.Warm(t, n.Pool(t, "python"), "aaaaa")
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"operatingMode":"Suspended"}}`))
	if err := n.Editor.Patch(t.Context(), warm.DeepCopy(), patch); err == nil {
		t.Error("a user has suspended it")
	}
}
