package reconcile

import (
	"context"
	"strings"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// keepAll installs a policy that refuses the deletion of obj and all others of its kind.
func keepAll(t *testing.T, n *suite.Namespace, group, resource string, obj client.Object) (lift func()) {
	t.Helper()
	return refuse(t, n, registrationv1.Delete, group, resource, func(ctx context.Context) error {
		return n.Admin.Delete(ctx, obj, client.DryRunAll)
	})
}

// expectRefused reconciles obj twice. Both end with the refusal, which its Ready condition says after begins. The second writes nothing:
// it costs the deletion that is tried.
func expectRefused(t *testing.T, n *suite.Namespace, obj client.Object, ready func() string, begins string, deletes suite.Counts) {
	t.Helper()
	for i := range 2 {
		before := suite.Writes(t)
		if result, err := n.TryStep(t, obj); !rules.IsRefusal(err) {
			t.Errorf("it ends with %v, and again %+v: the queue would not wait longer each time", err, result)
		}
		if i > 0 {
			before.Expect(t, suite.Writes, deletes)
		}
		got := ready()
		if !strings.HasPrefix(got, begins+"; a deletion is refused: ") || !strings.HasSuffix(got, "denied request: not now") {
			t.Errorf("pass %d: it says\n%s, want\n%s", i, got, begins)
		}
	}
}

// A policy refuses what ends an expired Sandbox. The Sandbox says so in the policy's words, and ends when the policy is gone.
func TestADeniedEndOfASandbox(t *testing.T) {
	const begins = "False SandboxExpired: Sandbox has expired"
	t.Run("its Pod is kept", func(t *testing.T) {
		s := newStory(t)
		s.ready(t)
		expireAt(t, s.Namespace, "my-sandbox", s.Clock.Now().Add(time.Minute))
		lift := keepAll(t, s.Namespace, "", "pods", s.pod)
		s.Clock.Step(time.Hour)
		ready := func() string { return readyOf(t, s.Namespace, "my-sandbox") }
		expectRefused(t, s.Namespace, s.sandbox, ready, begins, suite.Counts{"DELETE pods": 1})
		lift()
		s.Step(t, s.sandbox)
		s.killPod(t)
		s.Step(t, s.sandbox)
		if got := ready(); got != begins {
			t.Errorf("in the end it says %s", got)
		}
	})
	t.Run("it is kept itself", func(t *testing.T) {
		n := suite.New(t)
		sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").ShutdownTime(n.Clock.Now().Add(time.Minute)).
			ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).Obj())
		n.Step(t, sandbox)
		lift := keepAll(t, n, sandboxv1.GroupName, "sandboxes", sandbox)
		n.Clock.Step(time.Hour)
		expectRefused(t, n, sandbox, func() string { return readyOf(t, n, "my-sandbox") }, begins, suite.Counts{"DELETE sandboxes": 1})
		lift()
		n.Step(t, sandbox)
		expectNone[sandboxv1.Sandbox](t, n, "my-sandbox")
	})
	t.Run("a webhook says that it does not exist", func(t *testing.T) {
		n := suite.New(t)
		sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("my-sandbox").ShutdownTime(n.Clock.Now().Add(time.Minute)).
			ShutdownPolicy(sandboxv1.ShutdownPolicyDelete).Obj())
		n.Step(t, sandbox)
		answer := metav1.Status{Code: 404, Reason: metav1.StatusReasonNotFound}
		deny(t, n, answer, registrationv1.Delete, sandboxv1.GroupName, "sandboxes", func(ctx context.Context) error {
			return n.Admin.Delete(ctx, sandbox, client.DryRunAll)
		})
		n.Clock.Step(time.Hour)
		if _, err := n.TryStep(t, sandbox); !rules.IsRefusal(err) {
			t.Errorf("it ends with %v", err)
		}
		if got := readyOf(t, n, "my-sandbox"); !strings.HasSuffix(got, denied+"no latest images") {
			t.Errorf("it says %s", got)
		}
	})
}

// A policy keeps the Pod that has failed and is to be replaced.
func TestADeniedReplacement(t *testing.T) {
	s := newStory(t)
	s.ready(t)
	lift := keepAll(t, s.Namespace, "", "pods", s.pod)
	s.Clock.Step(time.Minute)
	s.PatchPodStatus(t, "my-sandbox", func(status *corev1.PodStatus) {
		status.Phase, status.Reason, status.Message = corev1.PodFailed, "Evicted", "full"
	})
	ready := func() string { return readyOf(t, s.Namespace, "my-sandbox") }
	expectRefused(t, s.Namespace, s.sandbox, ready, "False DependenciesNotReady: Pod failed and is replaced: Evicted: full", suite.Counts{"DELETE pods": 1})
	lift()
	s.Step(t, s.sandbox)
	s.Step(t, s.sandbox)
	if got := suite.Get[corev1.Pod](t, s.Namespace, "my-sandbox"); got.UID == s.pod.UID {
		t.Error("without the policy, the Pod is still the first")
	}
	if got := ready(); strings.Contains(got, "refused") {
		t.Errorf("in the end it says %s", got)
	}
}

// A policy keeps an expired claim, or its Sandbox.
func TestADeniedEndOfAClaim(t *testing.T) {
	for name, tc := range map[string]struct {
		policy          extensionsv1.ShutdownPolicy
		group, resource string
		lost            bool
	}{
		"its Sandbox is kept":                  {extensionsv1.ShutdownPolicyRetain, sandboxv1.GroupName, "sandboxes", false},
		"it is kept itself":                    {extensionsv1.ShutdownPolicyDelete, extensionsv1.GroupName, "sandboxclaims", true},
		"it is kept itself, in the foreground": {extensionsv1.ShutdownPolicyDeleteForeground, extensionsv1.GroupName, "sandboxclaims", true},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			n.Template(t, builder.MakeTemplate("python").Obj())
			end := metav1.NewTime(n.Clock.Now().Add(time.Minute))
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").
				Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &end, ShutdownPolicy: tc.policy}).Obj())
			n.Step(t, claim)
			var kept client.Object = suite.Get[sandboxv1.Sandbox](t, n, "mine")
			if tc.lost {
				kept = claim
			}
			lift := keepAll(t, n, tc.group, tc.resource, kept)
			n.Clock.Step(time.Hour)
			ready := func() string { return said(suite.Get[extensionsv1.SandboxClaim](t, n, "mine").Status.Conditions) }
			const begins = "False ClaimExpired: Claim expired. Sandbox cleanup initiated."
			expectRefused(t, n, claim, ready, begins, suite.Counts{"DELETE " + tc.resource: 1})
			lift()
			n.Step(t, claim)
			if tc.policy == extensionsv1.ShutdownPolicyRetain {
				expectNone[sandboxv1.Sandbox](t, n, "mine")
				n.Step(t, claim)
				if got := ready(); got != begins {
					t.Errorf("in the end it says %s", got)
				}
			}
		})
	}
}

// A policy keeps the members of a pool that is to have fewer.
func TestADeniedScaleDown(t *testing.T) {
	s := newPoolStory(t, 2, recreate)
	s.step(t)
	s.ready(t, s.members(t)...)
	s.step(t)
	lift := keepAll(t, s.Namespace, sandboxv1.GroupName, "sandboxes", s.members(t)[0])
	s.turn(t, func(spec *extensionsv1.SandboxWarmPoolSpec) { spec.Replicas = new(int32(0)) })
	for i := range 2 {
		before := suite.Writes(t)
		if _, err := s.try(t); !rules.IsRefusal(err) {
			t.Errorf("it ends with %v: the queue would not wait longer each time", err)
		}
		got := s.progress(t)
		if !strings.HasPrefix(got, `SandboxRefused: Deleting a Sandbox failed: deleting Sandbox "test-pool-*": `) || !strings.HasSuffix(got, "denied request: not now") {
			t.Errorf("it says %s", got)
		}
		if i > 0 {
			before.Expect(t, suite.Writes, suite.Counts{"DELETE sandboxes": 2})
		}
	}
	lift()
	s.step(t)
	if got := s.members(t); len(got) != 0 {
		t.Errorf("without the policy it has %d members", len(got))
	}
	s.step(t)
	if got := s.progress(t); !strings.HasPrefix(got, "PoolComplete: ") {
		t.Errorf("in the end it says %s", got)
	}
}
