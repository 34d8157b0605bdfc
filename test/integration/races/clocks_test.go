package races

import (
	"testing"
	"time"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// ahead is the clock of a manager that is ahead of the others'.
func ahead(n *suite.Namespace) func() time.Time {
	return func() time.Time { return n.Clock.Now().Add(2 * time.Hour) }
}

// A manager whose clock is ahead has ended a claim, and deleted its Sandbox. Another, for which the time has not come, gives the claim no
// other Sandbox, whether or not it sees the end yet. A user who gives the claim more time does.
func TestAClaimThatOnlyOneClockHasEnded(t *testing.T) {
	a := newArena(t)
	claim, first, second := a.ending(t, "Retain"), a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
	a.Settle(t)
	reconcile(t, a.worker(a.Cached, first), claim)
	a.Settle(t)
	before := a.mine(t)

	early := a.worker(a.Cached)
	early.Now = ahead(a.Namespace)
	reconcile(t, early, a.mine(t))
	a.controls(t)
	a.Settle(t)

	reconcile(t, a.worker(suite.Seeing(a.Cached, before), second), before)
	reconcile(t, a.worker(a.Cached, second), a.mine(t))
	a.controls(t)
	if !rules.IsReportedExpired(a.mine(t)) {
		t.Errorf("the claim does not say any more that it expired: %v", a.mine(t).Status)
	}

	a.Clock.Step(time.Minute)
	extended := a.extend(t)
	a.Settle(t)
	reconcile(t, a.worker(a.Cached, second), extended)
	a.has(t, "mine", second.Name)
}

// The same for a Sandbox and its Pod.
func TestASandboxThatOnlyOneClockHasEnded(t *testing.T) {
	n := suite.New(t)
	end := n.Clock.Now().Add(time.Hour)
	r := &room{Namespace: n}
	suite.Create(t, n, n.Editor, builder.MakeSandbox("mine").ShutdownTime(end).ShutdownPolicy(sandboxv1.ShutdownPolicyRetain).Obj())
	r.Step(t, r.now(t))
	r.Step(t, r.now(t))
	before := r.now(t)

	early := r.Sandboxes(r.ReadYourWrites)
	early.Now = ahead(n)
	for range 2 { // It says so, and then ends it.
		r.Settle(t)
		if _, err := early.Reconcile(t.Context(), r.now(t)); err != nil {
			t.Fatal(err)
		}
	}
	r.Settle(t)
	if pod := r.pod(t); pod != "" {
		t.Fatalf("the Sandbox has Pod %s", pod)
	}

	if _, err := r.Sandboxes(suite.Seeing(r.ReadYourWrites, before)).Reconcile(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	r.Step(t, r.now(t))
	if pod := r.pod(t); pod != "" {
		t.Errorf("the Sandbox has got another Pod, %s", pod)
	}

	r.change(t, func(spec *sandboxv1.SandboxSpec) { spec.ShutdownTime.Time = end.Add(time.Hour) })
	r.Step(t, r.now(t))
	if pod := r.pod(t); pod == "" {
		t.Error("with more time, the Sandbox has got no Pod")
	}
}
