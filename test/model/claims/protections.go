package claims

import "github.com/namesake-sandbox/namesake/test/model/search"

// Protection is something without which an invariant can be broken.
type Protection struct {
	// Name says what it is, and Where where it is in the product.
	Name, Where string
	// Without says what is otherwise.
	Without string
	// Off switches it off. With says which others have to be off as well, since each of them alone is enough, or "".
	Off  Off
	With string
	// Size is the world in which that is shown.
	Size Size
}

// small is a world of so many claims and members, with two workers.
func small(claims, members int, budget Budget) Size {
	return Size{Claims: claims, Pools: 1, Members: members, Workers: 2, Webhooks: true, Fused: true, Lag: 3, Budget: budget}
}

func (s Size) withoutWebhooks() Size {
	s.Webhooks = false
	return s
}

func (s Size) atomic() Size {
	s.Atomic = true
	return s
}

func (s Size) harm() Size {
	s.Harm = true
	return s
}

func (s Size) of(pools int) Size {
	s.Pools = pools
	return s
}

// Protections are those of claims and Sandboxes.
func Protections() []Protection {
	one := Budget{Create: 1}
	return []Protection{
		{
			Name: "A claim is bound before it adopts", Where: "rules.NextStep, rules.CheckAdoption (I4)",
			Without: "a claim adopts any Sandbox that its worker's cache shows as free, unless the cache shows that it has one",
			Off:     Off{Binding: true, Adopter: true}, Size: small(1, 2, one),
		},
		{
			Name: "A binding is written on the version of the claim that it was chosen for", Where: "write.PatchInto",
			Without: "the second worker's choice replaces the first one's",
			With:    "the check of a binding's change (I3), which policies make only in part",
			Off:     Off{BindingVersion: true}, Size: small(1, 2, one).withoutWebhooks().harm(),
		},
		{
			Name: "A binding is rewritten for final reasons only", Where: "rules.IsBindingLost",
			Without: "a binding is also rewritten while its Sandbox is not Ready",
			Off:     Off{FinalReasons: true}, Size: small(1, 2, Budget{Create: 1, Unready: 1}).harm(),
		},
		{
			Name: "Admission checks the change of a binding (I3)", Where: "rules.CheckBinding",
			Without: "nobody checks it",
			With:    "the version of the claim that it is written on",
			Off:     Off{FinalBinding: true, BindingVersion: true}, Size: small(1, 2, one).harm(),
		},
		{
			Name: "A cold binding is final", Where: "rules.CheckBinding",
			Without: "a cold binding is rewritten while its Sandbox is not there",
			Off:     Off{FinalCold: true}, Size: small(1, 1, one).harm(),
		},
		{
			Name: "Steps that rest on an absence are taken on live reads", Where: "rules.IsSafeOnCache",
			Without: "a worker whose cache does not show a new member yet takes it for lost",
			With:    "the check of a binding's change by a webhook",
			Off:     Off{LiveReads: true}, Size: small(1, 1, Budget{Create: 1, Refill: 1}).withoutWebhooks().harm(),
		},
		{
			Name: "A claim that had a Sandbox gets no other", Where: "rules.NextStep, rules.CheckAdoption, rules.CheckClaimStatus",
			Without: "what a claim has lost is replaced without a word",
			Off:     Off{Record: true}, Size: small(1, 1, Budget{Create: 1, Drop: 1}).atomic(),
		},
		{
			Name: "Admission compares a claim with the Sandbox that it adopts or creates (I4)", Where: "rules.CheckAdoption",
			Without: "a worker that has read the claim long ago creates its Sandbox a second time",
			Off:     Off{Adopter: true}, Size: small(1, 0, Budget{Create: 1, Drop: 1}).of(1).atomic(),
		},
		{
			Name: "For a new Sandbox, admission reads the claim live", Where: "webhooks: sandboxValidator.adopter",
			Without: "the webhook takes its cache's word",
			Off:     Off{AdopterLive: true}, Size: small(1, 0, Budget{Create: 1, Drop: 1}).atomic(),
		},
		{
			Name: "The adoption's patch tests the Sandbox's owner", Where: "rules.AdoptionPatch",
			Without: "the Sandbox of another claim is adopted",
			With:    "the check of a Sandbox's controller (I2)",
			Off:     Off{OwnerTest: true, Controller: true}, Size: small(2, 1, Budget{Create: 2}),
		},
		{
			Name: "Admission checks the change of a Sandbox's controller (I2)", Where: "rules.CheckController",
			Without: "users make a claim the owner of a Sandbox",
			With:    "the rule that only Namesake makes a claim an owner",
			Off:     Off{Controller: true, UserOwners: true}, Size: small(2, 1, Budget{Create: 2, Seize: 1}),
		},
		{
			Name: "Only Namesake makes a pool or a claim the owner of a Sandbox", Where: "rules.CheckUserOwners",
			Without: "users make a claim the owner of a Sandbox in a pool",
			Off:     Off{UserOwners: true}, Size: small(2, 1, Budget{Create: 2, Seize: 1}),
		},
		{
			Name: "Only Namesake writes bindings", Where: "rules.CheckClaimReserved",
			Without: "users bind a claim anew",
			Off:     Off{UserKeys: true}, Size: small(1, 2, Budget{Create: 1, Rebind: 1}).harm(),
		},
		{
			Name: "What does not fit a claim is never adopted", Where: "rules.CheckAdoption",
			Without: "a claim adopts a Sandbox of another pool than it names, while its binding may be rewritten for that",
			Off:     Off{Misfit: true}, Size: small(1, 2, one).of(2).harm(),
		},
		{
			Name: "A pool gives no name a second time", Where: "controllers/sandboxwarmpool: the random end of a name",
			Without: "a Sandbox that is gone is there again, under the same name",
			Off:     Off{NewNames: true}, Size: small(1, 1, Budget{Create: 1, Drop: 1, Refill: 1}).harm(),
		},
		{
			Name: "The claim is read live before its Sandbox is deleted for its expiry", Where: "controllers/sandboxclaim: deleteSandboxes",
			Without: "a worker that lists the claim's Sandboxes late deletes one that the claim got with more time",
			Off:     Off{ExpiryLook: true}, Size: small(1, 1, Budget{Create: 1, Expire: 1, Extend: 1}),
		},
		{
			Name: "A Sandbox is deleted for its claim's expiry only by its UID", Where: "write.DeleteUID",
			Without: "a later Sandbox of the same name is deleted",
			Off:     Off{ExpiryUID: true}, Size: small(1, 0, Budget{Create: 1, Expire: 1, Drop: 1, Squat: 1}),
		},
	}
}

// ScaleDown is the protection of members that are adopted while their pool deletes them. The model of pools has it, too, by what a pool
// plans; here the claims are whole.
func ScaleDown() Protection {
	return Protection{Off: Off{DeletionVersion: true}, Size: small(1, 1, Budget{Create: 1, ScaleDown: 1})}
}

// Unneeded is a world without what is in the product and breaks nothing if it is left out: the adoption's test of the Sandbox's UID. No
// pool gives a name a second time (see Off.NewNames), and a Sandbox that comes later under the name of another is lost for the claim.
func Unneeded() *Model {
	size := small(1, 1, Budget{Create: 1, Drop: 1, Refill: 1})
	size.Lag = 1
	return New(size, Off{UIDTest: true})
}

// Search looks for the shortest schedule that breaks an invariant without p.
func (p Protection) Search(atMost int) search.Found {
	return search.All(New(p.Size, p.Off), atMost, nil)
}
