package rules

import "fmt"

// Words are what a refusal says, with a place (%q or %s, as fmt has them) for each thing that was found. Webhooks fill the places in, and
// so do the API server's own policies (internal/policy): whoever refuses says the same.
type Words string

// With returns the words with found in their places.
func (w Words) With(found ...any) string { return fmt.Sprintf(string(w), found...) }

// What is said of keys that only the controller writes.
const (
	WordsKeySet     Words = "only Namesake's controller sets this, found %q: leave it out"
	WordsKeyRemoved Words = "only Namesake's controller removes this: keep %q"
	WordsKeyChanged Words = "only Namesake's controller changes this, found %q: keep %q"
)

// What is said of Pods.
const (
	WordsOneOwner Words = "a Pod of Sandbox %q has no other owner, or it would outlive the Sandbox: leave the others out"
	WordsPodStays Words = "this Pod is controlled by Sandbox %q and keeps that controller: delete the Pod or the Sandbox instead"
	WordsPodName  Words = "this Pod is controlled by Sandbox %q, and a Sandbox's Pod bears its name: use %q, or leave metadata.name out"
	WordsPodUID   Words = "this Pod is that of the Sandbox with UID %q: leave the label out"
	WordsOurPod   Words = "only Namesake's controller creates the Pod of a Sandbox that was made from a template: leave this Pod out, " +
		"the Sandbox makes its own"
	WordsForeignPod Words = "only the Pod of a Sandbox has this, found %q on one controlled by %s: leave it out, and select by a label of your own"
	WordsPoolPod    Words = "this Pod's Sandbox is in a pool: %s"
	WordsBinding    Words = "a binding to a node would write it on the Pod: leave it out"

	// AdviceContent and AdviceDebug are what to do instead of changing the Pod of a pool's Sandbox, or of adding a container to it.
	AdviceContent = "change the pool's SandboxTemplate instead, or claim the Sandbox first"
	AdviceDebug   = "a claim may take it at any moment, and would get this container with it. Debug a copy " +
		"(kubectl debug --copy-to), or claim the Sandbox first"
)

// What is said of Sandboxes.
const (
	WordsSandboxStays Words = "this Sandbox is controlled by %s and keeps that controller: delete the Sandbox or its controller instead"
	WordsNeverAgain   Words = "this Sandbox is controlled by %s, and comes under no pool or claim any more: a Sandbox is adopted once, out of a " +
		"SandboxWarmPool by a SandboxClaim. To get a Sandbox of your own, create a SandboxClaim"
	WordsAdoptedOnce Words = "this Sandbox is controlled by %s and stays so: a Sandbox is adopted once, out of a SandboxWarmPool by a SandboxClaim. " +
		"To get a Sandbox of your own, create a SandboxClaim"
	WordsOnlyAClaim   Words = "this Sandbox is controlled by %s: only a SandboxClaim can adopt it"
	WordsBeingDeleted Words = "this Sandbox is being deleted: it is not adopted any more"
	WordsOneAdopter   Words = "a Sandbox that is adopted has one owner, its SandboxClaim: leave the others out"
	WordsNotYours     Words = "this Sandbox is controlled by %s: only Namesake's controller changes that"
	WordsNoOwner      Words = "only Namesake's controller makes %s the owner of a Sandbox: leave it out, and create a SandboxClaim to get a Sandbox"
	WordsPoolMember   Words = "this Sandbox is in %s: change the pool's SandboxTemplate instead"
	WordsHasPod       Words = "this Sandbox has Pod %q until that Pod is gone: keep %q"
	WordsOwnName      Words = "a Sandbox's Pod bears its name: use %q, or leave the annotation out"
)

// What is said of claims.
const (
	WordsBoundTo      Words = "this claim already has Sandbox %q: bind it to that one"
	WordsBoundForGood Words = "this claim already has Sandbox %q: keep %q, or create a new claim"
	WordsNeverUnbound Words = "a binding is never removed: keep %q"
	WordsColdStays    Words = "a binding to a Sandbox of the claim's own name is final: keep %q"
	WordsOnRecord     Words = "this claim has had Sandbox %q, which stays on record: keep %q"
	WordsNoRecord     Words = "only Namesake's controller records a claim's Sandbox: leave status.sandbox out"
	WordsFixed        Words = "it takes effect only when a Sandbox is created, and this claim is bound to Sandbox %q: leave it as it is, or create a new claim"
	WordsOtherRecord  Words = "this claim is bound to %q: a claim's status names the Sandbox that it is bound to"
)
