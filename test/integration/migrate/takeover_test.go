package migrate

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/test/integration/suite"
)

// order is an order in which the objects are reconciled: by kind, and within a kind by name, forwards or backwards.
type order struct {
	title     string
	kinds     []string
	backwards bool
}

// orders are the orders to try, each in an installation of its own.
var orders = []order{
	{title: "what users have first", kinds: []string{"SandboxClaim", "Sandbox", "SandboxWarmPool", "SandboxTemplate"}},
	{title: "what administrators have first", kinds: []string{"SandboxTemplate", "SandboxWarmPool", "Sandbox", "SandboxClaim"}, backwards: true},
	{title: "Sandboxes before all", kinds: []string{"Sandbox", "SandboxTemplate", "SandboxClaim", "SandboxWarmPool"}, backwards: true},
}

// passes is the highest number of rounds in which everything is reconciled. The last round finds nothing to do.
const passes = 6

// The result does not depend on what is reconciled first. Afterwards there is nothing left to do.
func TestTakeOver(t *testing.T) {
	for i := range orders {
		t.Run(orders[i].title, func(t *testing.T) { takeOver(t, i) })
	}
}

// takenOver says which of the installations have been taken over.
var takenOver = make([]bool, len(orders))

// takeOver takes an installation over in an order of its own, unless that is done already, and checks the result.
func takeOver(t *testing.T, i int) *suite.Namespace {
	t.Helper()
	n := suite.OldNamespaces(t)[i]
	if takenOver[i] {
		return n
	}
	takenOver[i] = true
	was := observe(t, n)
	orders[i].settle(t, n)
	now := observe(t, n)
	suite.Golden(t, "changes", n.Normalize(now.changes(was)), "something else becomes of the objects")
	checkKept(t, was, now)
	checkPairs(t, now)
	checkCreated(t, was, now)
	return n
}

// settle reconciles everything, again and again, until nothing changes any more: the last round writes nothing.
func (o order) settle(t *testing.T, n *suite.Namespace) {
	t.Helper()
	now := observe(t, n)
	for range passes {
		before := suite.Writes(t)
		for _, kind := range o.kinds {
			names := now.of(kind)
			if o.backwards {
				slices.Reverse(names)
			}
			for _, name := range names {
				n.Step(t, named(n, kind, name))
			}
		}
		last := now
		now = observe(t, n)
		if cmp.Equal(last.versions(), now.versions()) {
			before.Expect(t, suite.Writes, suite.Counts{})
			return
		}
	}
	t.Fatalf("something still changes after %d passes", passes)
}

// named returns an object of that kind and name, to be reconciled.
func named(n *suite.Namespace, kind, name string) client.Object {
	var obj client.Object
	switch kind {
	case "SandboxTemplate":
		obj = &extensionsv1.SandboxTemplate{}
	case "SandboxWarmPool":
		obj = &extensionsv1.SandboxWarmPool{}
	case "SandboxClaim":
		obj = &extensionsv1.SandboxClaim{}
	default:
		obj = &sandboxv1.Sandbox{}
	}
	obj.SetNamespace(n.Name)
	obj.SetName(name)
	return obj
}

// checkKept fails unless everything that was there is still there, keeps its content, and is not about to be deleted.
func checkKept(t *testing.T, was, now world) {
	t.Helper()
	for key, before := range was {
		after := now[key]
		switch {
		case after == nil:
			t.Errorf("%s is gone", key)
		case after.GetUID() != before.GetUID():
			t.Errorf("%s is another one now", key)
		case after.GetDeletionTimestamp() != nil:
			t.Errorf("%s is being deleted", key)
		case after.GetGeneration() != before.GetGeneration():
			t.Errorf("the spec of %s was changed", key)
		}
	}
}

// checkCreated fails if anything was created that was not missing.
func checkCreated(t *testing.T, was, now world) {
	t.Helper()
	var created []string
	for _, key := range now.created(was) {
		if kind, name, _ := strings.Cut(key, "/"); strings.HasPrefix(name, "python-") {
			key = kind + "/python-*"
		}
		created = append(created, key)
	}
	want := []string{
		"Pod/late", "Pod/outrun", "Pod/python-*", "Pod/taker", // The third replaces the one that "halfway" got.
		"Sandbox/late", "Sandbox/outrun", "Sandbox/python-*",
	}
	if diff := cmp.Diff(want, created); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
}
