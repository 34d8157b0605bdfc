package races

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// Two managers bind two claims to one Sandbox, each according to its own index. Both bindings are valid. One claim adopts; the
// other learns of it only when its patch is refused.
func TestTwoClaimsForOneSandbox(t *testing.T) {
	a := newArena(t)
	first, second := a.claim(t, "first"), a.claim(t, "second")
	shared, spare := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
	a.Settle(t)

	rival := a.worker(a.Cached, shared)
	loser := a.worker(suite.Before(suite.Seeing(a.Cached, shared), suite.Once[*sandboxv1.Sandbox]("patch", func() {
		reconcile(t, rival, first)
		a.has(t, "first", shared.Name)
	})), shared)
	a.bind(t, second, shared.Name)
	loser.Candidates.Observe(spare)
	loser.Candidates.Forget(client.ObjectKeyFromObject(shared))
	reconcile(t, loser, second)

	a.has(t, "first", shared.Name)
	a.has(t, "second", spare.Name)
}

// The same happens with nothing left for the loser. It goes cold in the same reconcile.
func TestTheLoserGoesCold(t *testing.T) {
	a := newArena(t)
	first, second := a.claim(t, "first"), a.claim(t, "second")
	shared := a.Warm(t, a.pool, "aaaaa")
	a.Settle(t)
	reconcile(t, a.worker(a.Cached, shared), first)
	reconcile(t, a.worker(suite.Seeing(a.Cached, shared), shared), second)

	a.has(t, "first", shared.Name)
	a.has(t, "second", "second")
}

// Two workers reconcile one claim. Each picks another Sandbox, and neither sees the other.
func TestOneClaimTwoPicks(t *testing.T) {
	a := newArena(t)
	claim := a.claim(t, "mine")
	one, other := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
	a.Settle(t)
	winner := a.worker(a.Cached, one)
	loser := a.worker(suite.Before(a.Cached, suite.Once[*extensionsv1.SandboxClaim]("patch", func() { reconcile(t, winner, claim) })), other)
	reconcile(t, loser, claim)

	a.has(t, "mine", one.Name)
	if got := a.controlled(t, a.pool); len(got) != 1 || got[0] != other.Name {
		t.Errorf("the pool controls %v, want %s", got, other.Name)
	}
}

// One worker has bound and adopted. The other still has the claim as it was created, and a cache that shows both Sandboxes
// warm.
func TestOneClaimTwoPicksLate(t *testing.T) {
	a := newArena(t)
	claim := a.claim(t, "mine")
	one, other := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
	a.Settle(t)
	reconcile(t, a.worker(a.Cached, one), claim)
	reconcile(t, a.worker(suite.Seeing(a.Cached, claim, one, other), other), claim)

	a.has(t, "mine", one.Name)
}

// A reconcile of a stale claim that has its Sandbox writes nothing that would take the Sandbox away.
func TestAStaleClaimAfterItWasServed(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	old := a.boundTo(t, "mine", warm.Name)
	a.Settle(t)
	reconcile(t, a.worker(a.Cached), old)
	served := suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine")

	reconcile(t, a.worker(suite.Seeing(a.Cached, old, warm)), old)
	a.has(t, "mine", warm.Name)
	if got := suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine"); got.ResourceVersion != served.ResourceVersion {
		t.Errorf("the late pass wrote the claim: %v", got)
	}
}

// A claim is deleted, and another one of its name is created, while a worker still adopts for the first.
func TestAClaimOfTheSameName(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	old := a.boundTo(t, "mine", warm.Name)
	a.Settle(t)
	var fresh *extensionsv1.SandboxClaim
	late := a.worker(suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("patch", func() {
		a.Delete(t, a.Editor, old)
		fresh = a.boundTo(t, "mine", warm.Name)
		a.Settle(t)
	})))
	reconcile(t, late, old)

	if got := a.controlled(t, old); len(got) > 0 {
		t.Errorf("the claim that is gone controls %v", got)
	}
	if got := a.controlled(t, a.pool); len(got) != 1 {
		t.Errorf("the pool controls %v, want %s", got, warm.Name)
	}
	reconcile(t, a.worker(a.Cached), fresh)
	a.has(t, "mine", warm.Name)
}

// A terminating claim adopts nothing, even when the worker does not know yet that the claim is terminating.
func TestAClaimThatGoes(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	claim := a.boundTo(t, "mine", warm.Name)
	a.Settle(t)
	late := a.worker(suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("patch", func() {
		a.Delete(t, a.Editor, claim)
		a.Settle(t)
	})))
	reconcile(t, late, claim)
	if got := a.controlled(t, claim); len(got) > 0 {
		t.Errorf("the claim that is gone controls %v", got)
	}
}

// One worker has bound and adopted. The other still has the claim as it was created, and an empty index. If it went cold, it
// would leave a second Sandbox behind.
func TestAStaleClaimDoesNotGoCold(t *testing.T) {
	a := newArena(t)
	claim := a.claim(t, "mine")
	warm := a.Warm(t, a.pool, "aaaaa")
	a.Settle(t)
	reconcile(t, a.worker(a.Cached, warm), claim)
	reconcile(t, a.worker(suite.Seeing(a.Cached, claim, warm)), claim)
	a.has(t, "mine", warm.Name)

	// Here the first worker acts between the other's choice of the cold name and its binding.
	b := newArena(t)
	claim, warm = b.claim(t, "mine"), b.Warm(t, b.pool, "aaaaa")
	b.Settle(t)
	winner := b.worker(b.Cached, warm)
	loser := b.worker(suite.Before(b.Cached, suite.Once[*extensionsv1.SandboxClaim]("patch", func() { reconcile(t, winner, claim) })))
	reconcile(t, loser, claim)
	b.has(t, "mine", warm.Name)
}

// A claim asks for a label that its Sandbox has with another value. The label is added between the binding and the adoption.
// The claim reports that, and nothing is retried until the claim changes.
func TestAContradictionAfterTheBinding(t *testing.T) {
	n := suite.New(t)
	const team = "sandbox.users.io/team"
	a := &arena{Namespace: n}
	a.template = suite.Create(t, n, n.Editor, builder.MakeTemplate("python").PodLabel(team, "red").Obj())
	a.pool = suite.Create(t, n, n.Editor, builder.MakePool("python").Template("python").Obj())
	warm := a.Warm(t, a.pool, "aaaaa")
	claim := a.boundTo(t, "mine", warm.Name)
	contradicting := claim.DeepCopy()
	contradicting.Spec.AdditionalPodMetadata.Labels = map[string]string{team: "blue"}
	a.Settle(t)
	if result, err := a.worker(a.Cached).Reconcile(t.Context(), contradicting); err != nil || result.RequeueAfter != 0 {
		t.Errorf("it is tried again: %v, %v", result, err)
	}
	want := `False InvalidMetadata: spec.additionalPodMetadata.labels[sandbox.users.io/team]: Invalid value: "blue": ` +
		`the template sets it to "red", and a claim only adds: leave it out`
	if got := a.ready(t, "mine"); got != want {
		t.Errorf("Ready %s, want %s", got, want)
	}
	if got := a.controlled(t, a.pool); len(got) != 1 {
		t.Errorf("the pool controls %v", got)
	}
	a.Step(t, claim) // The claim as it is now contradicts nothing.
	a.has(t, "mine", warm.Name)
}

// Another reconcile changes the Sandbox's status while a change of the claim's labels is on its way to the Sandbox. Both
// writes succeed.
func TestMetadataMeetsAStatus(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	claim := a.boundTo(t, "mine", warm.Name)
	a.Settle(t)
	reconcile(t, a.worker(a.Cached), claim)
	claim = suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine")
	base := claim.DeepCopy()
	claim.Spec.AdditionalPodMetadata.Labels = map[string]string{"sandbox.users.io/team": "blue"}
	if err := a.Editor.Patch(t.Context(), claim, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
	a.Settle(t)
	late := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("patch", func() {
		sandbox := suite.Get[sandboxv1.Sandbox](t, a.Namespace, warm.Name)
		base := sandbox.DeepCopy()
		sandbox.Status.NodeName = "node-2"
		if err := a.Controller.Status().Patch(t.Context(), sandbox, client.MergeFrom(base)); err != nil {
			t.Fatal(err)
		}
	}))
	if result, err := a.worker(late).Reconcile(t.Context(), claim); err != nil || !suite.Soon(result) {
		t.Errorf("the pass that met another write is not repeated: %v, %v", result, err)
	}
	a.Step(t, claim)
	got := suite.Get[sandboxv1.Sandbox](t, a.Namespace, warm.Name)
	if got.Status.NodeName != "node-2" || got.Spec.PodTemplate.Metadata.Labels["sandbox.users.io/team"] != "blue" {
		t.Errorf("the Sandbox is on %q, with the labels %v", got.Status.NodeName, got.Spec.PodTemplate.Metadata.Labels)
	}
}

// The Sandbox changes repeatedly between the read of it and the adoption. The claim keeps its binding, reports that after its
// second live read, and is retried with backoff.
func TestASandboxThatChangesBeforeEachAdoption(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	claim := a.boundTo(t, "mine", warm.Name)
	a.Settle(t)
	// Every adoption removes these.
	takenAway := []string{sandboxv1.LabelTemplateHash, sandboxv1.LabelPodTemplateHash, sandboxv1.LabelWarmPool}
	tries := 0
	restless := suite.Before(a.Cached, func(w suite.Write) error {
		if _, ok := w.Object.(*sandboxv1.Sandbox); !ok || tries == len(takenAway) {
			return nil
		}
		changed := suite.Get[sandboxv1.Sandbox](t, a.Namespace, warm.Name)
		base := changed.DeepCopy()
		delete(changed.Labels, takenAway[tries])
		tries++
		return a.Controller.Patch(t.Context(), changed, client.MergeFrom(base))
	})
	if _, err := a.worker(restless).Reconcile(t.Context(), claim); err == nil {
		t.Error("no error: the queue would not wait longer each time")
	}
	want := `False AdoptionConflict: adopting Sandbox "python-aaaaa": the server rejected our request due to an error in our request; ` +
		"the next pass retries from a converged view"
	if got := a.ready(t, "mine"); got != want || tries != 3 {
		t.Errorf("after %d tries it says\n%s, want\n%s", tries, got, want)
	}
	a.Step(t, claim)
	a.has(t, "mine", warm.Name)
}
