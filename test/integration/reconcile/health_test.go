package reconcile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/health"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// verdict is what tools say of an object.
type verdict struct{ Kstatus, Flux, ArgoCD string }

// expectVerdict compares what tools say of obj when that is so.
func expectVerdict(t *testing.T, n *suite.Namespace, obj client.Object, when string, want verdict) {
	t.Helper()
	shown := health.Read(t, n.Admin, obj)
	got := verdict{Kstatus: health.Kstatus(t, shown), Flux: health.Flux(t, shown)}
	got.ArgoCD, _ = health.ArgoCD(t, shown)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%T %s, %s (-want +got):\n%s\nstatus: %v", obj, obj.GetName(), when, diff, shown.Object["status"])
	}
}

var (
	toolsWait    = verdict{Kstatus: "InProgress", Flux: "InProgress", ArgoCD: "Progressing"}
	toolsContent = verdict{Kstatus: "Current", Flux: "Current", ArgoCD: "Healthy"}
)

// Tools wait for a Sandbox before there is a status, until it is Ready, and again after each change.
func TestHealthOfASandbox(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Obj())
	expectVerdict(t, n, sandbox, "before there is a status", toolsWait)
	n.Step(t, sandbox)
	expectVerdict(t, n, sandbox, "while its Pod starts", toolsWait)
	n.RunPod(t, "my-sandbox")
	n.Step(t, sandbox)
	expectVerdict(t, n, sandbox, "Ready", toolsContent)

	operate(t, n, "my-sandbox", sandboxv1.OperatingModeSuspended)
	expectVerdict(t, n, sandbox, "when it is to be suspended", toolsWait)
	n.Step(t, sandbox)
	n.Step(t, sandbox)
	expectVerdict(t, n, sandbox, "suspended", verdict{Kstatus: "InProgress", Flux: "Current", ArgoCD: "Suspended"})

	operate(t, n, "my-sandbox", sandboxv1.OperatingModeRunning)
	expectVerdict(t, n, sandbox, "when it is to be resumed", toolsWait)
	n.Step(t, sandbox)
	expectVerdict(t, n, sandbox, "while it is resumed", toolsWait)

	expireAt(t, n, "my-sandbox", n.Clock.Now())
	expectVerdict(t, n, sandbox, "when it is to end", toolsWait)
	n.Step(t, sandbox)
	expectVerdict(t, n, sandbox, "expired", verdict{Kstatus: "InProgress", Flux: "Current", ArgoCD: "Healthy"})

	change(t, n, "my-sandbox", func(s *sandboxv1.Sandbox) { s.Finalizers = []string{"example.com/hold"} })
	n.Delete(t, n.Editor, sandbox)
	if got := health.Kstatus(t, health.Read(t, n.Admin, sandbox)); got != "Terminating" {
		t.Errorf("being deleted: %s", got)
	}
	change(t, n, "my-sandbox", func(s *sandboxv1.Sandbox) { s.Finalizers = nil })
}

// How a Sandbox ended, or why it can never be, is no secret to tools that are told our reasons.
func TestHealthOfASandboxThatEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		phase corev1.PodPhase
		want  verdict
	}{
		"finished": {corev1.PodSucceeded, verdict{Kstatus: "InProgress", Flux: "Current", ArgoCD: "Healthy"}},
		"failed":   {corev1.PodFailed, verdict{Kstatus: "InProgress", Flux: "Failed", ArgoCD: "Degraded"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStoryOf(t, builder.MakeSandbox("my-sandbox").RestartPolicy(corev1.RestartPolicyNever))
			s.goOn(t, func(status *corev1.PodStatus) { status.Phase = tc.phase })
			expectVerdict(t, s.Namespace, s.sandbox, name, tc.want)
		})
	}
	t.Run("invalid", func(t *testing.T) {
		n := suite.New(t)
		broken := corev1.Container{Name: "main", Image: builder.DefaultImage, Env: []corev1.EnvVar{{Name: "a="}}}
		sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").Containers(broken).Obj())
		n.Step(t, sandbox)
		expectVerdict(t, n, sandbox, "invalid", verdict{Kstatus: "InProgress", Flux: "Failed", ArgoCD: "Degraded"})
	})
}

// Tools wait for a pool from the first moment on. One that can never be Ready says so to those that are told where to look.
func TestHealthOfAPool(t *testing.T) {
	n := suite.New(t)
	pool := suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Replicas(1).Obj())
	expectVerdict(t, n, pool, "before there is a status", toolsWait)
	n.Step(t, pool)
	expectVerdict(t, n, pool, "without its template", verdict{Kstatus: "InProgress", Flux: "Failed", ArgoCD: "Degraded"})

	n.Template(t, builder.MakeTemplate("python").Obj())
	n.Step(t, pool)
	expectVerdict(t, n, pool, "while it is filled", toolsWait)
	member := poolMembers(t, n, pool)[0]
	n.MakeReady(t, &member)
	n.Step(t, pool)
	expectVerdict(t, n, pool, "full", toolsContent)

	change(t, n, "python", func(p *extensionsv1.SandboxWarmPool) { p.Spec.Replicas = new(int32(2)) })
	expectVerdict(t, n, pool, "when it is to have one more", toolsWait)
	n.Step(t, pool)
	expectVerdict(t, n, pool, "while it gets one more", toolsWait)
}

// Tools wait for a claim until its Sandbox is Ready. Argo CD is not told of claims: they do not belong there.
func TestHealthOfAClaim(t *testing.T) {
	n := suite.New(t)
	n.Template(t, builder.MakeTemplate("python").Obj())
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	toolsWait, is := verdict{Kstatus: "InProgress", Flux: "InProgress"}, verdict{Kstatus: "Current", Flux: "Current"}
	expectVerdict(t, n, claim, "before there is a status", toolsWait)
	n.Step(t, claim)
	expectVerdict(t, n, claim, "bound", toolsWait)
	sandbox := suite.Get[sandboxv1.Sandbox](t, n, "mine")
	n.Step(t, sandbox)
	n.RunPod(t, "mine")
	n.Step(t, sandbox)
	n.Step(t, claim)
	expectVerdict(t, n, claim, "Ready", is)

	change(t, n, "mine", func(c *extensionsv1.SandboxClaim) {
		c.Spec.Lifecycle = &extensionsv1.Lifecycle{ShutdownTime: new(metav1.NewTime(n.Clock.Now().Add(time.Hour)))}
	})
	expectVerdict(t, n, claim, "when it is to end some day", toolsWait)
	n.Step(t, claim)
	expectVerdict(t, n, claim, "Ready, and to end some day", is)
}
