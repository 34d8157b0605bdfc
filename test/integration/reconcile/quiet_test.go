package reconcile

import (
	"testing"
	"time"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A pool's status is written once in its interval, and says in the end what is so. A change of the spec is answered at once.
func TestAPoolsStatusHasAnInterval(t *testing.T) {
	s := newPoolStory(t, 1, onReplenish)
	s.r.Settings.StatusInterval = time.Second
	s.step(t)
	before := suite.Writes(t)
	if got := s.step(t).RequeueAfter; got != time.Second {
		t.Errorf("it is looked at again after %s, want 1s", got)
	}
	before.Expect(t, suite.Writes, suite.Counts{})
	s.now = s.now.Add(time.Second)
	s.step(t)
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxwarmpools/status": 1})
	if got := suite.Get[extensionsv1.SandboxWarmPool](t, s.Namespace, "test-pool").Status.Replicas; got != 1 {
		t.Errorf("it counts %d members, want 1", got)
	}
	s.turn(t, func(spec *extensionsv1.SandboxWarmPoolSpec) { spec.Replicas = new(int32(0)) })
	s.step(t)
	if got := suite.Get[extensionsv1.SandboxWarmPool](t, s.Namespace, "test-pool"); got.Status.ObservedGeneration != got.Generation {
		t.Error("a change of its spec waits")
	}
}

// A cold claim and its Sandbox say nothing of their way, and then that they are Ready: one status each.
func TestAQuietStart(t *testing.T) {
	n := suite.New(t)
	n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Template("python").Obj())
	now := claim.CreationTimestamp.Time
	claims, sandboxes := n.Claims(n.Cached), n.Sandboxes(n.ReadYourWrites)
	claims.QuietStart, sandboxes.QuietStart = rules.DefaultQuietStart, rules.DefaultQuietStart
	claims.Now, sandboxes.Now = func() time.Time { return now }, func() time.Time { return now }
	stepClaim := func() time.Duration {
		t.Helper()
		n.Settle(t)
		result, err := claims.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, "mine"))
		if err != nil {
			t.Fatal(err)
		}
		return result.RequeueAfter
	}
	stepSandbox := func() time.Duration {
		t.Helper()
		n.Settle(t)
		result, err := sandboxes.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "mine"))
		if err != nil {
			t.Fatal(err)
		}
		return result.RequeueAfter
	}
	before := suite.Writes(t)
	if got := stepClaim(); got <= 0 || got > rules.DefaultQuietStart {
		t.Errorf("the claim is looked at again after %s", got)
	}
	if got := stepSandbox(); got <= 0 || got > rules.DefaultQuietStart {
		t.Errorf("the Sandbox is looked at again after %s", got)
	}
	before.Expect(t, suite.Writes, suite.Counts{"PATCH sandboxclaims": 1, "POST sandboxes": 1, "POST pods": 1})
	n.RunPod(t, "mine")
	stepSandbox()
	stepClaim()
	before.Expect(t, suite.Writes, suite.Counts{
		"PATCH sandboxclaims": 1, "POST sandboxes": 1, "POST pods": 1, "PATCH sandboxes/status": 1, "PATCH sandboxclaims/status": 1,
		"PATCH pods/status": 1,
	})
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, "mine"); !isReady(got.Status.Conditions) {
		t.Errorf("the claim's status is %+v", got.Status)
	}
}

// One whose Pod takes longer says so after a while, however slow the clock is.
func TestAStartThatTakesItsTime(t *testing.T) {
	n := suite.New(t)
	sandbox := suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").Obj())
	now := sandbox.CreationTimestamp.Add(-time.Hour)
	r := n.Sandboxes(n.ReadYourWrites)
	r.QuietStart, r.Now = rules.DefaultQuietStart, func() time.Time { return now }
	step := func() time.Duration {
		t.Helper()
		n.Settle(t)
		result, err := r.Reconcile(t.Context(), suite.Get[sandboxv1.Sandbox](t, n, "mine"))
		if err != nil {
			t.Fatal(err)
		}
		return result.RequeueAfter
	}
	if got := step(); got != rules.DefaultQuietStart {
		t.Errorf("with a clock that is behind it is looked at again after %s", got)
	}
	now = sandbox.CreationTimestamp.Add(rules.DefaultQuietStart)
	step()
	if got := suite.Get[sandboxv1.Sandbox](t, n, "mine").Status; !rules.IsReported(got.Conditions) || got.PodUID == "" {
		t.Errorf("after a while its status is %+v", got)
	}
}
