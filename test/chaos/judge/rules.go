package judge

// Rule is a guarantee, in words.
type Rule string

// These are the guarantees. The first seven are judged with each version that is seen, the others over what is known then.
const (
	OnePod       Rule = "a Sandbox has one Pod at a time"
	PodName      Rule = "a Pod bears its Sandbox's name"
	OneClaim     Rule = "a Sandbox serves one claim"
	OneAdoption  Rule = "a Sandbox's controller changes once at most, from a pool to a claim"
	OneSandbox   Rule = "a claim controls one Sandbox at a time"
	KeptSandbox  Rule = "a claim keeps the Sandbox of its status"
	KeptBinding  Rule = "a binding is not rewritten once the status names a Sandbox"
	OwnedSandbox Rule = "a claim's status names a Sandbox that the claim controls"
	Survival     Rule = "a Sandbox lives until its claim ends or a user deletes it"
	NothingLost  Rule = "what was acknowledged is there, and Ready or says why not"
	FullPools    Rule = "a pool is full once the faults are over"
	NoLeak       Rule = "nothing outlives its owner"
	NothingLeft  Rule = "nothing is left when all is released"
)

// Rules are all rules, in the order of a table.
func Rules() []Rule {
	return []Rule{
		OnePod, PodName, OneClaim, OneAdoption, OneSandbox, KeptSandbox, KeptBinding,
		OwnedSandbox, Survival, NothingLost, FullPools, NoLeak, NothingLeft,
	}
}
