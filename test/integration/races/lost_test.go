package races

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// fates are the things that can happen to a Sandbox between the binding of a claim and the adoption.
var fates = map[string]func(*testing.T, *arena, *sandboxv1.Sandbox){
	"deleted": func(t *testing.T, a *arena, sandbox *sandboxv1.Sandbox) {
		t.Helper()
		a.Delete(t, a.Editor, sandbox)
	},
	"being deleted": func(t *testing.T, a *arena, sandbox *sandboxv1.Sandbox) {
		t.Helper()
		if err := a.Editor.Delete(t.Context(), sandbox, client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
			t.Fatal(err)
		}
	},
	"orphaned": func(t *testing.T, a *arena, sandbox *sandboxv1.Sandbox) {
		t.Helper()
		// The garbage collector does this when the pool is deleted with --cascade=orphan.
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"ownerReferences":null}}`))
		if err := a.Collector.Patch(t.Context(), sandbox.DeepCopy(), patch); err != nil {
			t.Fatal(err)
		}
	},
	"adopted by another": func(t *testing.T, a *arena, sandbox *sandboxv1.Sandbox) {
		t.Helper()
		rival := a.boundTo(t, "rival", sandbox.Name)
		reconcile(t, a.worker(a.Cached), rival)
	},
}

// The binding is lost before the reconcile, and the cache shows it.
func TestALostBindingIsRewritten(t *testing.T) {
	for fate, befall := range fates {
		t.Run(fate, func(t *testing.T) {
			a := newArena(t)
			picked, spare := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
			claim := a.boundTo(t, "mine", picked.Name)
			a.Settle(t)
			befall(t, a, picked)
			a.Settle(t)
			reconcile(t, a.worker(a.Cached, spare), claim)
			a.has(t, "mine", spare.Name)
		})
	}
}

// The binding is lost before the reconcile, and the cache does not show it yet.
func TestALostBindingUnseen(t *testing.T) {
	for fate, befall := range fates {
		t.Run(fate, func(t *testing.T) {
			a := newArena(t)
			picked, spare := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
			claim := a.boundTo(t, "mine", picked.Name)
			a.Settle(t)
			old := picked.DeepCopy()
			befall(t, a, picked)
			reconcile(t, a.worker(suite.Seeing(a.Cached, old), spare), claim)
			a.has(t, "mine", spare.Name)
		})
	}
}

// The binding is lost when the reconcile is about to adopt.
func TestALostBindingAtTheLastMoment(t *testing.T) {
	for fate, befall := range fates {
		t.Run(fate, func(t *testing.T) {
			a := newArena(t)
			picked, spare := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
			claim := a.boundTo(t, "mine", picked.Name)
			a.Settle(t)
			late := suite.Before(a.Cached, suite.Once[*sandboxv1.Sandbox]("patch", func() { befall(t, a, picked.DeepCopy()) }))
			reconcile(t, a.worker(late, spare), claim)
			a.has(t, "mine", spare.Name)
		})
	}
}

// With nothing else warm the claim goes cold, and its Sandbox has the claim's name.
func TestALostBindingGoesCold(t *testing.T) {
	a := newArena(t)
	picked := a.Warm(t, a.pool, "aaaaa")
	claim := a.boundTo(t, "mine", picked.Name)
	a.Settle(t)
	a.Delete(t, a.Editor, picked)
	reconcile(t, a.worker(a.Cached), claim)
	a.has(t, "mine", "mine")
}

// The cache has not seen the Sandbox yet that the claim is bound to. Its absence from the cache is not trusted, or the claim
// would be bound to another Sandbox.
func TestAStaleAbsenceIsNotTrusted(t *testing.T) {
	a := newArena(t)
	picked, spare := a.Warm(t, a.pool, "aaaaa"), a.Warm(t, a.pool, "bbbbb")
	claim := a.boundTo(t, "mine", picked.Name)
	a.Settle(t)
	honest := suite.Before(suite.Missing(a.Cached, picked), suite.Once[*extensionsv1.SandboxClaim]("patch", func() {
		t.Error("the worker tried to bind the claim again: only the API server's refusal kept it from that")
	}))
	reconcile(t, a.worker(honest, spare), claim)
	a.has(t, "mine", picked.Name)
}

// The same holds for a claim that has its Sandbox: the Sandbox is not missing because a cache does not show it.
func TestAStaleAbsenceDoesNotMakeASandboxMissing(t *testing.T) {
	a := newArena(t)
	picked := a.Warm(t, a.pool, "aaaaa")
	claim := a.boundTo(t, "mine", picked.Name)
	a.Settle(t)
	reconcile(t, a.worker(a.Cached), claim)
	a.Settle(t)
	served := suite.Get[extensionsv1.SandboxClaim](t, a.Namespace, "mine")
	reconcile(t, a.worker(suite.Missing(a.Cached, picked)), served)
	if got, want := a.ready(t, "mine"), "True DependenciesReady: "; got != want {
		t.Errorf("claim is Ready %s, want %s", got, want)
	}
}
