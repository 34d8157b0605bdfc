package races

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// Two workers create one claim's Sandbox. Neither sees what the other did.
func TestColdTwice(t *testing.T) {
	a := newArena(t)
	claim := a.claim(t, "mine")
	a.Settle(t)
	rival := a.worker(a.Cached)
	loser := a.worker(suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("create", func() { reconcile(t, rival, claim) })))
	reconcile(t, loser, claim)
	reconcile(t, a.worker(suite.Seeing(a.Cached, claim)), claim)
	a.has(t, "mine", "mine")
}

// The reconcile that creates a Sandbox shows it at once. So does the reconcile of another worker, whose cache does not have
// the Sandbox yet. Nobody waits for a cache, and nobody is told to.
func TestWhatWasCreatedIsShownAtOnce(t *testing.T) {
	for name, created := range map[string]bool{"by this pass": false, "by one that died": true} {
		t.Run(name, func(t *testing.T) {
			a := newArena(t)
			claim := a.claim(t, "mine")
			a.Settle(t)
			cache := a.Cached
			if created {
				crash(t, a.worker(crashAt[*extensionsv1.SandboxClaim](cache, "patch/status")), claim)
				cache = suite.Missing(cache, suite.Get[sandboxv1.Sandbox](t, a.Namespace, "mine"))
			}
			var said []string
			reconcile(t, a.worker(suite.Before(cache, func(w suite.Write) error {
				if claim, ok := w.Object.(*extensionsv1.SandboxClaim); ok && w.Verb == "patch/status" {
					said = append(said, claim.Status.Sandbox.Name+" "+claim.Status.Conditions[0].Reason)
				}
				return nil
			})), suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine"))
			if diff := cmp.Diff([]string{"mine SandboxNotReady"}, said); diff != "" {
				t.Errorf("what the claim says (-want +got):\n%s", diff)
			}
			a.has(t, "mine", "mine")
		})
	}
}

// A Sandbox that is not the claim's has its name. The claim's own Sandbox gets another name, which is the same every time.
func TestTheNameIsTaken(t *testing.T) {
	a := newArena(t)
	suite.Create(t, a.Namespace, a.Editor, builder.MakeSandbox("mine").Obj())
	claim := a.claim(t, "mine")
	a.Settle(t)
	reconcile(t, a.worker(a.Cached), claim)
	reconcile(t, a.worker(suite.Seeing(a.Cached, claim)), claim)
	a.has(t, "mine", "mine-"+rules.Hash(string(claim.UID))[:5])
}

// The name is taken after the claim was bound to it. The claim reports that, and goes on when the name is free.
func TestTheNameIsTakenLate(t *testing.T) {
	a := newArena(t)
	claim := a.claim(t, "mine")
	a.Settle(t)
	var inTheWay *sandboxv1.Sandbox
	late := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("create", func() {
		inTheWay = suite.Create(t, a.Namespace, a.Editor, builder.MakeSandbox("mine").Obj())
	}))
	reconcile(t, a.worker(late), claim)
	want := `False ReconcilerError: Error seen: sandbox "mine" is not controlled by claim "mine". ` +
		"Please use a different claim name or delete the sandbox manually"
	if diff := cmp.Diff(want, a.ready(t, "mine")); diff != "" {
		t.Errorf("Ready (-want +got):\n%s", diff)
	}

	a.Delete(t, a.Editor, inTheWay)
	a.Step(t, claim)
	a.has(t, "mine", "mine")
}

// The template and the pool are created after the claim, in either order.
func TestWhatIsMissingComesLater(t *testing.T) {
	n := suite.New(t)
	a := &arena{Namespace: n}
	claim := suite.Create(t, n, n.Editor, builder.MakeClaim("mine").Pool("python").Obj())
	n.Step(t, claim)
	got := []string{a.ready(t, "mine")}
	suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj())
	n.Step(t, claim)
	got = append(got, a.ready(t, "mine"))
	suite.Create(t, n, n.Editor, builder.MakeTemplate("python").Obj())
	n.Step(t, claim)
	got = append(got, a.ready(t, "mine"))
	want := []string{
		`False WarmPoolNotFound: SandboxWarmPool "python" not found`,
		`False TemplateNotFound: SandboxTemplate "python" not found`,
		`False SandboxNotReady: Sandbox is not ready`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Ready (-want +got):\n%s", diff)
	}
	a.has(t, "mine", "mine")
}

// A Sandbox that a claim had is not replaced. Its content is lost, and the user is told.
func TestAMissingSandbox(t *testing.T) {
	for name, cold := range map[string]bool{"warm": false, "cold": true} {
		t.Run(name, func(t *testing.T) {
			a := newArena(t)
			var offered []*sandboxv1.Sandbox
			if !cold {
				offered = append(offered, a.Warm(t, a.pool, "aaaaa"))
			}
			claim := a.claim(t, "mine")
			a.Settle(t)
			reconcile(t, a.worker(a.Cached, offered...), claim)
			served := suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine")
			sandbox := suite.Get[sandboxv1.Sandbox](t, a.Namespace, served.Status.Sandbox.Name)
			spare := a.Warm(t, a.pool, "bbbbb")
			a.Settle(t)

			a.Delete(t, a.Editor, sandbox)
			// First the cache still shows the Sandbox; then it does not; then even the claim is as it was created.
			reconcile(t, a.worker(suite.Seeing(a.Cached, sandbox, served), spare), served)
			a.Settle(t)
			reconcile(t, a.worker(a.Cached, spare), served)
			reconcile(t, a.worker(suite.Seeing(a.Cached, claim), spare), claim)

			if got, want := a.ready(t, "mine"), "False SandboxMissing: Sandbox does not exist"; got != want {
				t.Errorf("claim is Ready %s, want %s", got, want)
			}
			after := suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine")
			if got := a.controlled(t, after); len(got) > 0 {
				t.Errorf("the claim controls %v", got)
			}
			if after.Status.Sandbox.Name != sandbox.Name || after.Status.Sandbox.UID != sandbox.UID || len(after.Status.Sandbox.PodIPs) > 0 {
				t.Errorf("status.sandbox is %+v, want %s on record", after.Status.Sandbox, sandbox.Name)
			}
		})
	}
}

// A worker that saw nothing of it, not even the claim's status, creates the Sandbox again. The API server refuses.
func TestAColdSandboxIsNotCreatedAgain(t *testing.T) {
	a := newArena(t)
	claim := a.boundTo(t, "mine", "mine")
	a.Settle(t)
	gone := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("create", func() {
		reconcile(t, a.worker(a.Cached), claim)
		a.Delete(t, a.Editor, suite.Get[sandboxv1.Sandbox](t, a.Namespace, "mine"))
	}))
	reconcile(t, a.worker(gone), claim)
	a.Step(t, claim)
	if err := a.Admin.Get(t.Context(), client.ObjectKeyFromObject(claim), &sandboxv1.Sandbox{}); !apierrors.IsNotFound(err) {
		t.Errorf("reading Sandbox mine: %v, want none", err)
	}
	if got, want := a.ready(t, "mine"), "False SandboxMissing: Sandbox does not exist"; got != want {
		t.Errorf("claim is Ready %s, want %s", got, want)
	}
}
