package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	sandboxv1 "github.com/namesake-sandbox/namesake/api/v1beta1"
	"github.com/namesake-sandbox/namesake/internal/rules"
	"github.com/namesake-sandbox/namesake/test/builder"
)

// controllers are the controllers that a Sandbox can have. "pool-again" is a later pool with the name of pool-a.
var controllers = map[string][]metav1.OwnerReference{
	"none":       nil,
	"pool-a":     {*rules.PoolOwner(builder.MakePool("a").Obj())},
	"pool-b":     {*rules.PoolOwner(builder.MakePool("b").Obj())},
	"pool-again": {*rules.PoolOwner(builder.MakePool("a").UID("again").Obj())},
	"claim-a":    {*rules.ClaimOwner(builder.MakeClaim("a").Obj())},
	"claim-b":    {*rules.ClaimOwner(builder.MakeClaim("b").Obj())},
	"foreign": {{
		APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "a", UID: "foreign", Controller: new(true), BlockOwnerDeletion: new(true),
	}},
	"foreign-next": {{ // The same, in a version that came later.
		APIVersion: "apps/v2", Kind: "ReplicaSet", Name: "a", UID: "foreign", Controller: new(true), BlockOwnerDeletion: new(true),
	}},
	"another": {{
		APIVersion: "example.com/v1", Kind: "SandboxClaim", Name: "a", UID: "another", Controller: new(true), BlockOwnerDeletion: new(true),
	}},
}

var actors = map[string]rules.Actor{"user": rules.User, "controller": rules.Controller, "collector": rules.GarbageCollector}

func sandboxOf(controller string, deleting bool) *sandboxv1.Sandbox {
	w := builder.MakeSandbox("s").OwnerReferences(controllers[controller]...)
	if deleting {
		w.Deleting()
	}
	return w.Obj()
}

// mayChange is invariant I2. A controller that stays is no change. Only the garbage collector removes a pool or a claim.
// Otherwise there is one change that involves either: from a pool to a claim, and not while the Sandbox is being deleted.
// Controllers of other kinds come and go.
func mayChange(from, to, actor string, deleting bool) bool {
	adopted := strings.HasPrefix(from, "pool") && strings.HasPrefix(to, "claim")
	collected := to == "none" && actor == "collector"
	return from == to || collected || (adopted && !deleting) || !reserved(from) && !reserved(to)
}

func TestCheckControllerOfEveryChange(t *testing.T) {
	for from := range controllers {
		for to := range controllers {
			for actor := range actors {
				for _, deleting := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s to %s by %s, deleting %t", from, to, actor, deleting), func(t *testing.T) {
						errs := rules.CheckController(sandboxOf(from, deleting), sandboxOf(to, deleting), actors[actor])
						if mayChange(from, to, actor, deleting) {
							wantRefusals(t, errs)
						} else {
							wantRefusals(t, errs, owners)
						}
					})
				}
			}
		}
	}
}

func TestCheckControllerOfANewSandbox(t *testing.T) {
	for to := range controllers {
		for actor := range actors {
			wantRefusals(t, rules.CheckController(nil, sandboxOf(to, false), actors[actor]))
		}
	}
}

// However often a Sandbox is written, and by whom, it must come under a pool or a claim at most once after its creation, and it
// must serve at most one claim.
func TestCheckControllerOverALife(t *testing.T) {
	var live func(at, served string, changes int, path []string)
	live = func(at, served string, changes int, path []string) {
		again := strings.HasPrefix(at, "claim") && served != "" && served != at
		if changes > 1 || again {
			t.Errorf("a Sandbox can go through %v", path)
			return
		}
		if strings.HasPrefix(at, "claim") {
			served = at
		}
		if len(path) == 4 {
			return
		}
		for to := range controllers {
			for _, actor := range actors {
				if to == at || len(rules.CheckController(sandboxOf(at, false), sandboxOf(to, false), actor)) > 0 {
					continue
				}
				changed := changes
				if reserved(to) {
					changed++
				}
				live(to, served, changed, append(slices.Clip(path), to))
			}
		}
	}
	for from := range controllers {
		live(from, "", 0, []string{from})
	}
}

func TestCheckControllerOfOtherOwners(t *testing.T) {
	pool, claim := controllers["pool-a"][0], controllers["claim-a"][0]
	friend := metav1.OwnerReference{APIVersion: "v1", Kind: "ConfigMap", Name: "friend", UID: "friend"}
	unblocked := pool
	unblocked.BlockOwnerDeletion = nil
	elsewhere := pool
	elsewhere.APIVersion = "extensions.agents.x-k8s.io/v1"
	with := func(refs ...metav1.OwnerReference) *sandboxv1.Sandbox {
		return builder.MakeSandbox("s").OwnerReferences(refs...).Obj()
	}
	for name, tc := range map[string]struct {
		old, obj *sandboxv1.Sandbox
		want     []string
	}{
		"a claim adopts and is the only owner then":          {old: with(friend, pool), obj: with(claim)},
		"a claim adopts and leaves another owner":            {old: with(friend, pool), obj: with(friend, claim), want: []string{"FieldValueTooMany metadata.ownerReferences"}},
		"a claim adopts and leaves the pool as an owner":     {old: with(pool), obj: with(claim, metav1.OwnerReference{APIVersion: pool.APIVersion, Kind: pool.Kind, Name: pool.Name, UID: pool.UID}), want: []string{"FieldValueTooMany metadata.ownerReferences"}},
		"an owner that does not control comes":               {old: with(pool), obj: with(pool, friend)},
		"blockOwnerDeletion goes":                            {old: with(pool), obj: with(unblocked)},
		"the pool is named in another version":               {old: with(pool), obj: with(elsewhere), want: []string{owners}},
		"a claim comes to control what had only a friend":    {old: with(friend), obj: with(claim), want: []string{owners}},
		"a friend comes to control what nobody controlled":   {old: with(), obj: with(controllers["foreign"][0])},
		"a friend comes to control what a pool controlled":   {old: with(pool), obj: with(controllers["foreign"][0]), want: []string{owners}},
		"a claim comes to control what a friend controlled":  {old: with(controllers["foreign"][0]), obj: with(claim), want: []string{owners}},
		"the controller stays and everything around it goes": {old: with(friend, claim), obj: with(claim)},
	} {
		t.Run(name, func(t *testing.T) {
			wantRefusals(t, rules.CheckController(tc.old, tc.obj, rules.Controller), tc.want...)
		})
	}
}
