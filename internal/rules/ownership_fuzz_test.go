package rules_test

import (
	"encoding/json"
	"slices"
	"testing"

	evanphx "gopkg.in/evanphx/json-patch.v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	extensionsv1 "github.com/namesake-sandbox/namesake/api/extensions/v1beta1"
	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
	"github.com/namesake-sandbox/namesake/test/fuzz/oracle"
	"github.com/namesake-sandbox/namesake/test/fuzz/tape"
)

// plain returns an object as its JSON says it.
func plain(t *testing.T, obj any) oracle.Object {
	t.Helper()
	text, err := json.Marshal(obj)
	if err != nil {
		t.Fatal(err)
	}
	var o oracle.Object
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

var oracleActors = map[rules.Actor]oracle.Actor{
	rules.User: oracle.User, rules.Controller: oracle.Manager, rules.GarbageCollector: oracle.Collector,
}

// fuzzedClaim returns a claim that may be bound to any of the names.
func fuzzedClaim(t *tape.Tape, names []string) *extensionsv1.SandboxClaim {
	w := builder.MakeClaim("c")
	switch t.Below(4) {
	case 0:
		w.Pool("p")
	case 1:
		w.Template(builder.DefaultTemplate)
	case 2:
		w.Pool("q")
	case 3:
		w.Template("other")
	}
	if bound := tape.Of(t, names); bound != "" {
		w.BoundTo(bound)
	}
	if recorded := tape.Of(t, names); recorded != "" && t.Byte()%2 == 1 {
		w.StatusSandbox(recorded)
	}
	if t.Below(6) == 5 {
		w.Env("A", "b")
	}
	if t.Below(6) == 5 {
		w.Deleting()
	}
	if t.Below(6) == 5 {
		w.UID("another-uid")
	}
	return w.Obj()
}

// changedOwners returns owner references of many kinds.
func changedOwners(t *tape.Tape, was []metav1.OwnerReference) []metav1.OwnerReference {
	claim, pool := builder.MakeClaim("c").Obj(), builder.MakePool("p").Obj()
	refs := []metav1.OwnerReference{
		*rules.ClaimOwner(claim), *rules.PoolOwner(pool), *rules.ClaimOwner(builder.MakeClaim("d").Obj()), *rules.PoolOwner(builder.MakePool("q").Obj()),
		{APIVersion: "apps/v1", Kind: "Deployment", Name: "web", UID: "web", Controller: new(true)},
		{APIVersion: "extensions.agents.x-k8s.io/v1alpha1", Kind: "SandboxClaim", Name: "c", UID: claim.UID, Controller: new(true)},
	}
	owners := slices.Clone(was)
	for range t.Below(3) {
		ref := tape.Of(t, refs)
		if t.Byte()%4 == 3 {
			ref.Controller = nil
		}
		if len(owners) > 0 && t.Byte()%2 == 0 {
			owners[0] = ref
		} else {
			owners = append(owners, ref)
		}
	}
	if t.Below(6) == 5 {
		owners = nil
	}
	controllers := 0
	for i := range owners {
		if owners[i].Controller != nil && *owners[i].Controller {
			controllers++
		}
	}
	if controllers > 1 {
		return was // The API server takes one.
	}
	return owners
}

// FuzzOwnership holds the rules of a Sandbox's update against the oracle, and an adoption by patch as well.
func FuzzOwnership(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0})
	f.Fuzz(func(t *testing.T, program []byte) {
		tp := tape.New(program)
		old := fuzzedSandbox(tp)
		if tp.Below(5) == 4 {
			old.DeletionTimestamp = &metav1.Time{Time: builder.Epoch}
		}
		claim := fuzzedClaim(tp, []string{"runner", "", "c", "other"})
		after := old.DeepCopy()
		actor := rules.Actor(tp.Below(3))
		after.OwnerReferences = changedOwners(tp, old.OwnerReferences)
		if tp.Below(4) == 3 {
			after.Labels, after.Annotations = fuzzedMetadata(tp), fuzzedMetadata(tp)
		}
		write := oracle.Write{
			Kind: "Sandbox", Actor: oracleActors[actor], Old: plain(t, old), New: plain(t, after), Live: oracle.World{"SandboxClaim/c": plain(t, claim)},
		}
		if wrong := oracle.Violation(write); wrong != "" && len(checked(old, after, claim, actor)) == 0 {
			t.Errorf("accepted by %v: %s\nold %+v\nnew %+v\nclaim %+v", actor, wrong, old.ObjectMeta, after.ObjectMeta, claim)
		}
		if claim.DeletionTimestamp == nil && rules.IsPool(rules.ControllerOf(old)) && rules.NextStep(claim, old) == rules.StepAdopt && rules.Binding(claim) == old.Name {
			checkAdoptionPatch(t, old, claim)
		}
	})
}

// checked returns what the rules say of an update, in the order in which admission asks them.
func checked(old, after *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim, actor rules.Actor) []error {
	errs := append(rules.CheckPodName(old, after, actor), rules.CheckController(old, after, actor)...)
	if actor == rules.Controller && rules.NeedsClaim(old, after) {
		var found *extensionsv1.SandboxClaim
		if rules.ControllerOf(after).Name == claim.Name {
			found = claim
		}
		errs = append(errs, rules.CheckAdoption(old, after, found)...)
	}
	if actor == rules.User {
		errs = append(errs, rules.CheckPodIdentityWord(old, after)...)
		errs = append(errs, rules.CheckUserOwners(old, after)...)
	}
	if actor != rules.Controller {
		errs = append(errs, rules.CheckAddedOwners(old, after)...)
		errs = append(errs, rules.CheckSandboxReserved(old, after)...)
		errs = append(errs, rules.CheckPoolMember(old, after)...)
	}
	var all []error
	for _, err := range errs {
		all = append(all, err)
	}
	return all
}

// checkAdoptionPatch: the patch makes of a Sandbox what the oracle accepts, and does not apply twice, nor to another Sandbox.
func checkAdoptionPatch(t *testing.T, sandbox *sandboxv1.Sandbox, claim *extensionsv1.SandboxClaim) {
	t.Helper()
	ops, problem := rules.AdoptionPatch(sandbox, claim, rules.Origin{}, rules.DefaultLabelDomains)
	if problem != nil {
		return
	}
	text, err := json.Marshal(ops)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := evanphx.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := patch.Apply([]byte(mustJSON(t, sandbox)))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var adopted oracle.Object
	if err := json.Unmarshal(raw, &adopted); err != nil {
		t.Fatal(err)
	}
	live := plain(t, claim)
	if wrong := oracle.Violation(oracle.Write{
		Kind: "Sandbox", Actor: oracle.Manager, Old: plain(t, sandbox), New: adopted, Live: oracle.World{"SandboxClaim/" + claim.Name: live},
	}); wrong != "" {
		t.Errorf("the adoption: %s: %s", wrong, text)
	}
	if _, err := patch.Apply(raw); err == nil {
		t.Errorf("applies twice: %s", text)
	}
	later := sandbox.DeepCopy()
	later.UID = types.UID("later-" + string(sandbox.UID))
	if _, err := patch.Apply([]byte(mustJSON(t, later))); err == nil {
		t.Errorf("applies to a later Sandbox of the name: %s", text)
	}
}

func mustJSON(t *testing.T, obj any) string {
	t.Helper()
	text, err := json.Marshal(obj)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
