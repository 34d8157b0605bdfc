package races

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// ending creates a claim on the pool that ends in an hour, and is not bound.
func (a *arena) ending(t *testing.T, policy extensionsv1.ShutdownPolicy) *extensionsv1.SandboxClaim {
	t.Helper()
	end := metav1.NewTime(a.Clock.Now().Add(time.Hour))
	claim := builder.MakeClaim("mine").Pool(a.pool.Name).Lifecycle(extensionsv1.Lifecycle{ShutdownTime: &end, ShutdownPolicy: policy})
	return suite.Create(t, a.Namespace, a.Editor, claim.Obj())
}

// ended returns such a claim an hour later, and the Sandbox that it has, which was warm.
func (a *arena) ended(t *testing.T, policy extensionsv1.ShutdownPolicy) (*extensionsv1.SandboxClaim, *sandboxv1.Sandbox) {
	t.Helper()
	claim := a.ending(t, policy)
	warm := a.Warm(t, a.pool, "aaaaa")
	a.Settle(t)
	reconcile(t, a.worker(a.Cached, warm), claim)
	a.Clock.Step(time.Hour)
	a.Settle(t)
	return claim, warm
}

// extend gives the claim "mine" one more hour, as its user does, and returns it.
func (a *arena) extend(t *testing.T) *extensionsv1.SandboxClaim {
	t.Helper()
	claim := suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine")
	base := claim.DeepCopy()
	claim.Spec.Lifecycle.ShutdownTime = &metav1.Time{Time: a.Clock.Now().Add(time.Hour)}
	if err := a.Editor.Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	return claim
}

func (a *arena) mine(t *testing.T) *extensionsv1.SandboxClaim {
	t.Helper()
	return suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine")
}

// controls fails unless the claim "mine" controls exactly these Sandboxes.
func (a *arena) controls(t *testing.T, want ...string) {
	t.Helper()
	got := a.controlled(t, a.mine(t))
	if len(got) != len(want) || (len(got) == 1 && got[0] != want[0]) {
		t.Errorf("the claim controls %v, want %v", got, want)
	}
}

// The process that adopted or created the Sandbox died before the status said so, and the time is up. The Sandbox is deleted
// nevertheless.
func TestAnEndAfterACrash(t *testing.T) {
	for name, cold := range map[string]bool{"adopted": false, "created": true} {
		t.Run(name, func(t *testing.T) {
			a := newArena(t)
			claim := a.ending(t, "Retain")
			var offered []*sandboxv1.Sandbox
			if !cold {
				offered = append(offered, a.Warm(t, a.pool, "aaaaa"))
			}
			a.Settle(t)
			crash(t, a.worker(crashAt[*extensionsv1.SandboxClaim](a.Cached, "patch/status"), offered...), claim)
			a.Clock.Step(time.Hour)
			a.Settle(t)
			reconcile(t, a.worker(a.Cached), a.mine(t))
			a.controls(t)
			if got, want := a.ready(t, "mine"), "False ClaimExpired: Claim expired. Sandbox cleanup initiated."; got != want {
				t.Errorf("claim is Ready %s, want %s", got, want)
			}
		})
	}
}

// The process dies after it reported that the claim expired, and before it acts.
func TestACrashAtTheEnd(t *testing.T) {
	for policy, die := range map[extensionsv1.ShutdownPolicy]func(client.WithWatch) client.WithWatch{
		"Retain":           func(c client.WithWatch) client.WithWatch { return crashAt[*sandboxv1.Sandbox](c, "delete") },
		"Delete":           func(c client.WithWatch) client.WithWatch { return crashAt[*extensionsv1.SandboxClaim](c, "delete") },
		"DeleteForeground": func(c client.WithWatch) client.WithWatch { return crashAt[*extensionsv1.SandboxClaim](c, "delete") },
	} {
		t.Run(string(policy), func(t *testing.T) {
			a := newArena(t)
			claim, _ := a.ended(t, policy)
			crash(t, a.worker(die(a.Cached)), a.mine(t))
			if !rules.IsReportedExpired(a.mine(t)) {
				t.Errorf("it was not said first: %v", a.mine(t).Status)
			}
			a.Settle(t)
			reconcile(t, a.worker(a.Cached), a.mine(t))
			if policy == "Retain" {
				a.controls(t)
				return
			}
			err := a.Admin.Get(t.Context(), client.ObjectKeyFromObject(claim), claim)
			if err == nil && claim.DeletionTimestamp == nil {
				t.Error("the claim is still there")
			}
		})
	}
}

// A worker's view of the claim is from before its adoption, and its cache shows the Sandbox in the pool. The worker ends
// nothing but the claim. When the cache shows the adoption, that wakes the claim, and the Sandbox is deleted.
func TestAnEndThatDoesNotSeeTheAdoption(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	claim := a.ending(t, "Retain")
	a.bind(t, claim, warm.Name)
	a.Settle(t)
	lagging := a.Lagging(t)
	lagging.Hold()
	crash(t, a.worker(crashAt[*extensionsv1.SandboxClaim](a.Cached, "patch/status")), claim)
	a.Clock.Step(time.Hour)
	reconcile(t, a.worker(lagging.Plain), claim)
	a.controls(t, warm.Name)
	if !rules.IsReportedExpired(a.mine(t)) {
		t.Errorf("the claim does not say that it expired: %v", a.mine(t).Status)
	}
	a.Step(t, claim)
	a.controls(t)
}

// The user gives the claim more time when the worker is about to report that it expired.
func TestMoreTimeAtTheLastMoment(t *testing.T) {
	for _, policy := range []extensionsv1.ShutdownPolicy{"Retain", "Delete", "DeleteForeground"} {
		t.Run(string(policy), func(t *testing.T) {
			a := newArena(t)
			_, warm := a.ended(t, policy)
			late := suite.Before(a.Cached, suite.Once[*extensionsv1.SandboxClaim]("patch/status", func() { a.extend(t) }))
			reconcile(t, a.worker(late), a.mine(t))
			a.has(t, "mine", warm.Name)
		})
	}
}

// The user gives the claim more time when its expiry is reported and it is about to be deleted.
func TestMoreTimeBeforeTheDeletion(t *testing.T) {
	a := newArena(t)
	claim, warm := a.ended(t, "Delete")
	late := suite.Before(a.Cached, suite.Once[*extensionsv1.SandboxClaim]("delete", func() { a.extend(t) }))
	reconcile(t, a.worker(late), a.mine(t))
	a.Step(t, claim)
	a.has(t, "mine", warm.Name)
}

// With Retain more time comes too late at this point, and the claim gets another Sandbox.
func TestMoreTimeWhenTheSandboxIsDeleted(t *testing.T) {
	a := newArena(t)
	a.ended(t, "Retain")
	late := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("delete", func() { a.extend(t) }))
	reconcile(t, a.worker(late), a.mine(t))
	spare := a.Warm(t, a.pool, "bbbbb")
	a.Settle(t)
	reconcile(t, a.worker(a.Cached, spare), a.mine(t))
	a.has(t, "mine", spare.Name)
}

// A worker has the claim as it was when it had expired. By now the claim has more time and another Sandbox, which stays.
func TestAStaleEnd(t *testing.T) {
	for name, cold := range map[string]bool{"warm": false, "cold": true} {
		t.Run(name, func(t *testing.T) {
			a := newArena(t)
			claim := a.ending(t, "Retain")
			first, second := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
			offer := func(sandbox *sandboxv1.Sandbox) []*sandboxv1.Sandbox {
				if cold {
					return nil
				}
				return []*sandboxv1.Sandbox{sandbox}
			}
			want := map[bool]string{false: second.Name, true: "mine"}[cold]
			a.Settle(t)
			reconcile(t, a.worker(a.Cached, offer(first)...), claim)
			a.Clock.Step(time.Hour)
			a.Settle(t)
			reconcile(t, a.worker(a.Cached), a.mine(t))
			a.controls(t)
			expired := a.mine(t)

			extended := a.extend(t)
			a.Settle(t)
			reconcile(t, a.worker(a.Cached, offer(second)...), extended)
			a.has(t, "mine", want)
			a.Settle(t)
			reconcile(t, a.worker(suite.Seeing(a.Cached, expired)), expired)
			a.has(t, "mine", want)
		})
	}
}

// A worker that has a stale view of a claim binds and adopts nothing for it once the claim has expired.
func TestAStaleBeginning(t *testing.T) {
	a := newArena(t)
	claim := a.ending(t, "Retain")
	warm := a.Warm(t, a.pool, "aaaaa")
	a.Settle(t)
	base := claim.DeepCopy()
	ended := claim.DeepCopy()
	ended.Spec.Lifecycle.ShutdownTime = &metav1.Time{Time: a.Clock.Now()}
	if err := a.Editor.Patch(t.Context(), ended, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	reconcile(t, a.worker(suite.Seeing(a.Cached, claim), warm), claim)
	a.controls(t)
	if got := a.mine(t); rules.Binding(got) != "" {
		t.Errorf("the claim is bound to %q", rules.Binding(got))
	}
}

// Two workers end one claim.
func TestTwoEnds(t *testing.T) {
	for _, policy := range []extensionsv1.ShutdownPolicy{"Retain", "Delete"} {
		t.Run(string(policy), func(t *testing.T) {
			a := newArena(t)
			a.ended(t, policy)
			served := a.mine(t)
			rival := a.worker(a.Cached)
			late := suite.Before(a.Cached, suite.Once[*extensionsv1.SandboxClaim]("patch/status", func() { reconcile(t, rival, served) }))
			reconcile(t, a.worker(late), served)
			if got := a.controlled(t, served); policy == "Retain" && len(got) > 0 {
				t.Errorf("the claim controls %v", got)
			}
		})
	}
}
