package races

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// Two managers bind two claims to one Sandbox, each by its own index; both bindings are good. One adopts, and the other
// learns of it only when its patch is refused.
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

// As before, with nothing left for the loser: it goes cold in the same pass.
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

// Two workers reconcile one claim, each with a pick of its own, and neither sees the other.
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

// One worker has bound and adopted; the other still has the claim as it came, and a cache that shows both Sandboxes warm.
func TestOneClaimTwoPicksLate(t *testing.T) {
	a := newArena(t)
	claim := a.claim(t, "mine")
	one, other := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
	a.Settle(t)
	reconcile(t, a.worker(a.Cached, one), claim)
	reconcile(t, a.worker(suite.Seeing(a.Cached, claim, one, other), other), claim)

	a.has(t, "mine", one.Name)
}

// A pass on an old view of a claim that has its Sandbox writes nothing that would take it away.
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

// A claim is deleted, and another of its name comes, while a worker still adopts for the first.
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

// A claim that is being deleted adopts nothing, though the worker does not know yet.
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

// One worker has bound and adopted; the other still has the claim as it came, and an index with nothing in it: it would go cold,
// and leave a second Sandbox behind.
func TestAStaleClaimDoesNotGoCold(t *testing.T) {
	a := newArena(t)
	claim := a.claim(t, "mine")
	warm := a.Warm(t, a.pool, "aaaaa")
	a.Settle(t)
	reconcile(t, a.worker(a.Cached, warm), claim)
	reconcile(t, a.worker(suite.Seeing(a.Cached, claim, warm)), claim)
	a.has(t, "mine", warm.Name)

	// The same with the first worker between the other's choice of the cold name and its binding.
	b := newArena(t)
	claim, warm = b.claim(t, "mine"), b.Warm(t, b.pool, "aaaaa")
	b.Settle(t)
	winner := b.worker(b.Cached, warm)
	loser := b.worker(suite.Before(b.Cached, suite.Once[*extensionsv1.SandboxClaim]("patch", func() { reconcile(t, winner, claim) })))
	reconcile(t, loser, claim)
	b.has(t, "mine", warm.Name)
}

// A claim asks for a label that its Sandbox has with another value, between its binding and its adoption: that is said, and
// nothing is tried again until the claim changes.
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
	a.Step(t, claim) // As it is now, it contradicts nothing.
	a.has(t, "mine", warm.Name)
}

// Another pass changes the Sandbox's status while a change of the claim's labels is on its way to it: both come through.
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
	if result, err := a.worker(late).Reconcile(t.Context(), claim); err != nil || result.RequeueAfter == 0 {
		t.Errorf("the pass that met another write is not repeated: %v, %v", result, err)
	}
	a.Step(t, claim)
	got := suite.Get[sandboxv1.Sandbox](t, a.Namespace, warm.Name)
	if got.Status.NodeName != "node-2" || got.Spec.PodTemplate.Metadata.Labels["sandbox.users.io/team"] != "blue" {
		t.Errorf("the Sandbox is on %q, with the labels %v", got.Status.NodeName, got.Spec.PodTemplate.Metadata.Labels)
	}
}

// The Sandbox changes, time and again, between the look at it and the adoption. The claim keeps its binding, says so after the
// second time that it had looked live, and is tried again with backoff.
func TestASandboxThatChangesBeforeEachAdoption(t *testing.T) {
	a := newArena(t)
	warm := a.Warm(t, a.pool, "aaaaa")
	claim := a.boundTo(t, "mine", warm.Name)
	a.Settle(t)
	takenAway := []string{sandboxv1.LabelTemplateHash, sandboxv1.LabelPodTemplateHash, sandboxv1.LabelWarmPool} // As every adoption does.
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
