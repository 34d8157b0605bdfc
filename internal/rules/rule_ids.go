package rules

// Rule names a rule that refused a write. The name stays the same in every release, so that metrics can count by it.
type Rule struct {
	ID, Meaning string
}

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

// Rules returns the rules that refuse writes, with their meanings, for people.
func Rules() []Rule {
	return []Rule{
		{RulePodOwner, "A Sandbox has one Pod, with its name and UID, and no second owner."},
		{RulePodIdentity, "Identity labels are for Sandboxes' Pods only, and not for users to write."},
		{RulePodContent, "What is in the Pod of a pool's Sandbox is not for users to change."},
		{RulePodName, "A Sandbox's Pod is called like the Sandbox."},
		{RuleOwnership, "The controller of a Sandbox changes once at most, from a pool to a claim."},
		{RuleAdopter, "A claim adopts, or creates, only the Sandbox that it is bound to."},
		{RuleOwners, "Only Namesake makes a pool or a claim the owner of a Sandbox."},
		{RuleReservedKeys, "Labels and annotations of a Sandbox that only Namesake writes."},
		{RulePoolMember, "What is in a pool's Sandbox is not for users to change."},
		{RuleBinding, "A claim is bound once."},
		{RuleBindingKeys, "Labels and annotations of a claim that only Namesake writes."},
		{RuleClaimRecord, "A claim's status names the Sandbox that it is bound to, and keeps it."},
		{RuleClaimRequest, "A claim asks for no more than its template and the administrator allow."},
		{RuleTemplate, "The API server would refuse the Pod, a volume or the NetworkPolicy of the template."},
		{RuleTemplateName, "NetworkPolicies could not tell the Pods of the template from those of another."},
		{RuleServiceNames, "The pool's Sandboxes could not have the Services that its template asks for."},
		{RuleVolumeNames, "No two Sandboxes have a PersistentVolumeClaim of the same name."},
		{RuleNamedClaims, "A pool is kept for claims that name it, or not."},
		{RuleProtectedPods, "A pool protects the Pods of claimed Sandboxes, or not."},
		{RuleKeptVolumes, "A Sandbox's volumes are kept when it is deleted, or deleted with it."},
		{RuleSharedIdentity, "A Pod has labels of its own, or shares those of its template."},
		{RuleKeptPod, "A Pod that failed is kept, or replaced."},
		{RuleLimits, "No object is larger than can be read in time."},
		{RuleNotServed, "Nothing is decided in a namespace that the manager may not look at."},
		{RuleOther, "Any other."},
	}
}
