package rules

// Rule is a rule that refuses writes: what admission says, counts and documents of it comes from here.
type Rule struct {
	// ID stays the same in every release, so that metrics can count by it. It begins the message of a policy.
	ID string
	// Meaning says what holds.
	Meaning string
	// Protects says what would be lost without the rule, with the invariant of docs/design.md that it is a part of, if it is one.
	Protects string
	// Passes says whom it lets through.
	Passes string
	// Example is a write that it refuses.
	Example string
	// Remedy is what to do instead.
	Remedy string
	// Policy says how much of the rule the API server enforces by itself, without a webhook.
	Policy Share
}

// Share is how much of something there is.
type Share string

const (
	// Whole is all of it.
	Whole Share = "all of it"
	// Part is what an object shows by itself, and not what takes a look at another one.
	Part Share = "what the object shows by itself"
	// None is nothing.
	None Share = "nothing"
)

// These are the IDs of the rules that refuse writes. Webhooks put them into their errors (field.Error.Origin).
const (
	RulePodOwner     = "pod-owner"
	RulePodIdentity  = "pod-identity"
	RulePodContent   = "pod-content"
	RulePodName      = "pod-name"
	RuleOwnership    = "ownership"
	RuleAdopter      = "adopter"
	RuleOwners       = "owners"
	RuleReservedKeys = "reserved-keys"
	RulePoolMember   = "pool-member"
	RuleBinding      = "binding"
	RuleBindingKeys  = "binding-keys"
	RuleClaimRecord  = "claim-record"
	RuleClaimRequest = "claim-request"
	RuleTemplate     = "template"
	RuleTemplateName = "template-name"
	RuleServiceNames = "service-names"
	RuleVolumeNames  = "volume-names"
	RuleNamedClaims  = "named-claims-only"
	RuleLimits       = "limits"
	RuleNotServed    = "not-served"
	// RuleKeptVolumes is about an annotation of Sandboxes, claims and templates.
	RuleKeptVolumes = "volumes-when-deleted"
	// RuleSharedIdentity is about an annotation of Sandboxes and templates.
	RuleSharedIdentity = "pod-identity-word"
	// RuleKeptPod is about an annotation of Sandboxes.
	RuleKeptPod = "keep-ended-pod"
	// RuleProtectedPods is about an annotation of a pool.
	RuleProtectedPods = "protect-claimed-pods"
	// RuleOther is for an error without a rule.
	RuleOther = "other"
)
