package rules

// Origin names a rule by which a write was refused: the same word in every release, for whoever counts.
type Origin struct {
	Name, Meaning string
}

// The rules that refuse, by the name that webhooks give to their errors (field.Error.Origin).
const (
	OriginPodOwner     = "pod-owner"
	OriginPodIdentity  = "pod-identity"
	OriginPodContent   = "pod-content"
	OriginPodName      = "pod-name"
	OriginOwnership    = "ownership"
	OriginAdopter      = "adopter"
	OriginOwners       = "owners"
	OriginReserved     = "reserved-keys"
	OriginPoolMember   = "pool-member"
	OriginBinding      = "binding"
	OriginBindingKeys  = "binding-keys"
	OriginClaimRecord  = "claim-record"
	OriginRequest      = "claim-request"
	OriginTemplate     = "template"
	OriginTemplateName = "template-name"
	OriginServiceNames = "service-names"
	OriginVolumes      = "volume-names"
	// OriginOther is where an error does not say.
	OriginOther = "other"
)

// Origins returns the rules that refuse, for people.
func Origins() []Origin {
	return []Origin{
		{OriginPodOwner, "A Sandbox's Pod has its name and UID, and no second owner."},
		{OriginPodIdentity, "Identity labels of a Sandbox's Pod are not for users to write."},
		{OriginPodContent, "What is in the Pod of a pool's Sandbox is not for users to change."},
		{OriginPodName, "A Sandbox's Pod is called like the Sandbox."},
		{OriginOwnership, "The controller of a Sandbox changes once at most, from a pool to a claim."},
		{OriginAdopter, "A claim adopts, or creates, only the Sandbox that it is bound to."},
		{OriginOwners, "Only Namesake makes a pool or a claim the owner of a Sandbox."},
		{OriginReserved, "Labels and annotations of a Sandbox that only Namesake writes."},
		{OriginPoolMember, "What is in a pool's Sandbox is not for users to change."},
		{OriginBinding, "A claim is bound once."},
		{OriginBindingKeys, "Labels and annotations of a claim that only Namesake writes."},
		{OriginClaimRecord, "A claim's status names the Sandbox that it is bound to, and keeps it."},
		{OriginRequest, "A claim asks for no more than its template and the administrator allow."},
		{OriginTemplate, "The API server would refuse the Pod, a volume or the NetworkPolicy of the template."},
		{OriginTemplateName, "NetworkPolicies could not tell the Pods of the template from those of another."},
		{OriginServiceNames, "The pool's Sandboxes could not have the Services that its template asks for."},
		{OriginVolumes, "No two Sandboxes have a PersistentVolumeClaim of the same name."},
		{OriginOther, "Any other."},
	}
}
