package v1beta1

// Kinds and resources of this group.
const (
	KindSandboxTemplate = "SandboxTemplate"
	KindSandboxWarmPool = "SandboxWarmPool"
	KindSandboxClaim    = "SandboxClaim"

	ResourceSandboxTemplates = "sandboxtemplates"
	ResourceSandboxWarmPools = "sandboxwarmpools"
	ResourceSandboxClaims    = "sandboxclaims"
)

// ReservedPrefix begins label and annotation keys that belong to the controllers, besides those of the Sandbox's
// own group. They are not copied to a Pod.
const ReservedPrefix = GroupName + "/"

// NetworkPolicySuffix follows a template's name in the name of its NetworkPolicy.
const NetworkPolicySuffix = "-network-policy"

// Condition types of a claim and of a pool. Those of a claim have the names of the Sandbox's, which they forward.
const (
	// ConditionReady of a claim is True when its Sandbox is Ready; of a pool, when it has all its Sandboxes Ready.
	ConditionReady = "Ready"
	// ConditionFinished of a claim is that of its Sandbox.
	ConditionFinished = "Finished"
	// ConditionProgressing of a pool is False when it does not come nearer to what it asks for: something is in the way.
	ConditionProgressing = "Progressing"
)

// Reasons of a pool's conditions, besides ReasonTemplateNotFound.
const (
	// ReasonPoolReady: there are as many Sandboxes as the pool asks for that are Ready and that claims may have.
	ReasonPoolReady = "PoolReady"
	// ReasonPoolNotReady: there are fewer.
	ReasonPoolNotReady = "PoolNotReady"
	// ReasonPoolComplete: nothing is left to do.
	ReasonPoolComplete = "PoolComplete"
	// ReasonPoolFilling: Sandboxes are created, or start.
	ReasonPoolFilling = "PoolFilling"
	// ReasonPoolReplacing: Sandboxes of an earlier template are replaced.
	ReasonPoolReplacing = "PoolReplacing"
	// ReasonSandboxesNotReady: Sandboxes have not been Ready for longer than the grace period. They are replaced, or kept
	// while most turned NotReady together.
	ReasonSandboxesNotReady = "SandboxesNotReady"
	// ReasonSandboxesEnded: the Pods of Sandboxes end, and so do those of their replacements: they are replaced later and later.
	ReasonSandboxesEnded = "SandboxesEnded"
	// ReasonSandboxesUnschedulable: no node takes Sandboxes for longer than the grace period.
	ReasonSandboxesUnschedulable = "SandboxesUnschedulable"
	// ReasonSandboxesGated: scheduling gates hold the Pods of Sandboxes, and whoever set the gates has not removed them yet.
	// Progressing is False when that has lasted for longer than the grace period.
	ReasonSandboxesGated = "SandboxesGated"
	// ReasonSandboxRefused: the API server refuses the pool's Sandboxes, their Pods, or a deletion; the message has its words.
	ReasonSandboxRefused = "SandboxRefused"
)

// Reasons of the claim's ConditionReady. Otherwise the reason is that of the Sandbox.
const (
	// ReasonTemplateNotFound: the SandboxTemplate does not exist.
	ReasonTemplateNotFound = "TemplateNotFound"
	// ReasonWarmPoolNotFound: the SandboxWarmPool does not exist.
	ReasonWarmPoolNotFound = "WarmPoolNotFound"
	// ReasonAdoptionConflict: the Sandbox that was picked went to someone else; another is picked.
	ReasonAdoptionConflict = "AdoptionConflict"
	// ReasonInvalidMetadata: additionalPodMetadata cannot be used; the message says why.
	ReasonInvalidMetadata = "InvalidMetadata"
	// ReasonEnvVarsInjectionRejected: the template does not allow the claim's env.
	ReasonEnvVarsInjectionRejected = "EnvVarsInjectionRejected"
	// ReasonVolumeClaimTemplatesError: the template does not allow the claim's volumeClaimTemplates.
	ReasonVolumeClaimTemplatesError = "VolumeClaimTemplatesError"
	// ReasonClaimExpired: the claim's time is up.
	ReasonClaimExpired = "ClaimExpired"
	// ReasonSandboxMissing: the Sandbox that the claim was bound to no longer exists.
	ReasonSandboxMissing = "SandboxMissing"
	// ReasonSandboxExpired: the Sandbox expired by a time of its own.
	ReasonSandboxExpired = "SandboxExpired"
	// ReasonSandboxNotReady: the Sandbox says nothing about its readiness yet.
	ReasonSandboxNotReady = "SandboxNotReady"
	// ReasonReconcilerError: the last pass failed; the message says how.
	ReasonReconcilerError = "ReconcilerError"
)

// Reasons of the events of a template, which has no status.
const (
	// EventNetworkPolicyFailed: the template's NetworkPolicy is not what it should be; the message says why.
	EventNetworkPolicyFailed = "NetworkPolicyFailed"
	// EventNameCollision: NetworkPolicies cannot tell the Pods of this template from those of another.
	EventNameCollision = "NameCollision"
)
