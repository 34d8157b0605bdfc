package reconcile

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/controllers"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/internal/yield"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// A replica that does not lead serves the claims that it has bound at once, and those of another replica after its lead. The
// clock stands still, so neither lead ends by itself.
func TestWhoeverPicksServes(t *testing.T) {
	for name, tc := range map[string]struct {
		picked bool
	}{
		"this replica has bound the claim": {picked: true},
		"another has, and is gone":         {},
	} {
		t.Run(name, func(t *testing.T) {
			n := suite.New(t)
			warm := n.Offered(t, n.Pool(t, "python"), "aaaaa")
			traffic := yield.NewTraffic(testclock.NewFakeClock(n.Clock.Now()))
			if tc.picked {
				traffic.Pick(types.NamespacedName{Namespace: n.Name, Name: warm.Name})
			}
			n.RunStandby(t, func(o *controllers.Options) { o.Traffic = traffic })
			claim := suite.Create(t, n, n.Editor, builder.MakeClaim("c").Pool("python").Obj())
			leads := func() reconcile.Result {
				leader := n.Claims(n.Cached)
				leader.Traffic = traffic
				result, err := leader.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name))
				if err != nil {
					t.Fatal(err)
				}
				return result
			}
			if !tc.picked {
				if got := leads(); got.RequeueAfter != rules.ServingLead {
					t.Errorf("the leader looks again after %s, want %s", got.RequeueAfter, rules.ServingLead)
				}
				if suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name).Status.Sandbox.Name != "" {
					t.Error("the claim was served within the lead")
				}
				n.Clock.Step(rules.PickerLead)
			}
			suite.Await(t, "the claim is Ready", func() bool {
				return suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name).Status.Sandbox.Name == warm.Name
			})
			got := &sandboxv1.Sandbox{}
			if err := n.Admin.Get(t.Context(), client.ObjectKey{Namespace: n.Name, Name: warm.Name}, got); err != nil {
				t.Fatal(err)
			}
			if !rules.ControlledBy(got, claim) {
				t.Error("the claim does not control its Sandbox")
			}
		})
	}
}

// In a burst the API server takes seconds to create a claim. The leader then leaves it to its own serving controller as long as
// ever, from when it sees the claim. Otherwise both would serve it at once, in each other's way.
func TestALateClaimIsServedOnce(t *testing.T) {
	n := suite.New(t)
	warm := n.Offered(t, n.Pool(t, "python"), "aaaaa")
	clock := testclock.NewFakeClock(n.Clock.Now())
	leader := n.Claims(n.Cached)
	leader.Traffic = yield.NewTraffic(clock)
	sandbox := client.ObjectKeyFromObject(warm)
	leader.Traffic.Pick(sandbox)
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("c").Pool("python").Obj())
	clock.Step(rules.ServingLead - 1)
	n.Clock.Step(rules.ServingLead - 1)
	leader.Traffic.Begin(sandbox)
	for _, want := range []time.Duration{rules.ServingLead, 1, 0} {
		result, err := leader.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name))
		if err != nil || result.RequeueAfter != want {
			t.Errorf("the leader looks again after %s, want %s: %v", result.RequeueAfter, want, err)
		}
		if served := suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name).Status.Sandbox.Name != ""; served != (want == 0) {
			t.Errorf("the claim is served: %t, with %s left", served, want)
		}
		step := max(want-1, 1)
		clock.Step(step)
		n.Clock.Step(step)
	}
}

// A claim that the controller binds is its replica's own: it leaves it to nobody, and does not take what becomes of it for another
// replica's work.
func TestWhoBindsServes(t *testing.T) {
	n := suite.New(t)
	pool := n.Pool(t, "python")
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("c").Pool("python").Obj())
	warm := n.Offered(t, pool, "aaaaa")
	leader := n.Claims(n.Cached)
	leader.Traffic = yield.NewTraffic(testclock.NewFakeClock(n.Clock.Now()))
	if _, err := leader.Reconcile(t.Context(), suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name)); err != nil {
		t.Fatal(err)
	}
	if got := suite.Get[extensionsv1.SandboxClaim](t, n, claim.Name).Status.Sandbox.Name; got != warm.Name {
		t.Fatalf("the claim has Sandbox %q, want %q", got, warm.Name)
	}
	if _, here := leader.Traffic.Seen(client.ObjectKeyFromObject(warm)); !here {
		t.Error("nobody knows that this replica serves it")
	}
}
