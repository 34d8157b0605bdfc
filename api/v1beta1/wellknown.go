package v1beta1

// Kinds and resources of this group.
const (
	KindSandbox     = "Sandbox"
	KindSandboxList = "SandboxList"

	ResourceSandboxes = "sandboxes"
)

// ReservedPrefix begins the label and annotation keys that belong to the controllers. They are not copied from a
// pod template, or from a claim, to a Pod.
const ReservedPrefix = GroupName + "/"

// Labels.
const (
	// LabelSandboxNameHash is on the Pod, the Service and the PersistentVolumeClaims of a Sandbox: the hash of the
	// Sandbox's name. Services select by it. Written when the object is created, and kept.
	LabelSandboxNameHash = ReservedPrefix + "sandbox-name-hash"

	// LabelSandboxUID is on the Pod, the Service and the PersistentVolumeClaims of a Sandbox: the Sandbox's UID. Two names
	// may have the same hash; the Service selects by this label as well, and so the Sandbox's own Pod only.
	LabelSandboxUID = ReservedPrefix + "sandbox-uid"

	// LabelWarmPool is on a Sandbox, and on its Pod, as long as a SandboxWarmPool controls the Sandbox: the hash of
	// the pool's name. Written by the pool controller; adoption removes it.
	LabelWarmPool = ReservedPrefix + "warm-pool-sandbox"

	// LabelTemplateRefHash is on a Sandbox that came from a SandboxTemplate, on its Pod, on the template and on its
	// NetworkPolicy: the hash of the template's name. The NetworkPolicy selects Pods by it.
	LabelTemplateRefHash = ReservedPrefix + "sandbox-template-ref-hash"

	// LabelTemplateHash is on a Sandbox in a pool: the hash of the blueprint, secure defaults included, that it was
	// created from: while the template makes the same, the Sandbox is not outdated. Written by the
	// pool controller; adoption removes it.
	LabelTemplateHash = ReservedPrefix + "sandbox-template-hash"

	// LabelPodTemplateHash is on a Sandbox in a pool: the hash of the podTemplate alone. Written by the pool
	// controller for clients that knew it before LabelTemplateHash; adoption removes it.
	LabelPodTemplateHash = ReservedPrefix + "sandbox-pod-template-hash"

	// LabelLaunchType is on a Sandbox: LaunchTypeWarm or LaunchTypeCold. Written by the pool and claim controllers.
	LabelLaunchType = ReservedPrefix + "launch-type"

	// LabelCreatedBy is on a claim, on the Sandbox and on the Pod: who asked for it, CreatedByGoClient or
	// CreatedByPythonClient, CreatedByController for a pool, or else CreatedByUnknown on the Pod. Clients write it on
	// claims, the pool controller on its Sandboxes; adoption copies the claim's.
	LabelCreatedBy = ReservedPrefix + "created-by"

	// LabelClaimUID is on a Sandbox that a claim controls, and on its Pod: the UID of the claim. Written when the Sandbox is
	// adopted, or created for the claim.
	LabelClaimUID = ReservedPrefix + "claim-uid"

	// LabelAdoptable is on a Pod, Service or PersistentVolumeClaim without an owner: AdoptableTrue lets the Sandbox
	// whose name it bears take it over. Written by an administrator.
	LabelAdoptable = ReservedPrefix + "adoptable"

	// LabelBinding is on a claim: the name of its Sandbox, as it was recorded before there was an annotation of this
	// key. It is read, and followed by that annotation; dropped from new claims.
	LabelBinding = ReservedPrefix + "sandbox-name"
)

// Values of labels.
const (
	// LaunchTypeWarm is the LabelLaunchType of a Sandbox that a pool created.
	LaunchTypeWarm = "warm"
	// LaunchTypeCold is the LabelLaunchType of a Sandbox that was created for a claim.
	LaunchTypeCold = "cold"

	// CreatedByController is the LabelCreatedBy of a Sandbox in a pool.
	CreatedByController = "controller"
	// CreatedByGoClient is the LabelCreatedBy of a claim by the Go client.
	CreatedByGoClient = "go-client"
	// CreatedByPythonClient is the LabelCreatedBy of a claim by the Python client.
	CreatedByPythonClient = "python-client"
	// CreatedByUnknown stands on a Pod for a LabelCreatedBy that is none of the others.
	CreatedByUnknown = "unknown"

	// KeepEndedPodTrue is the AnnotationKeepEndedPod that keeps a Pod that failed.
	KeepEndedPodTrue = "true"
	// KeepEndedPodFalse is as without that annotation.
	KeepEndedPodFalse = "false"

	// AdoptableTrue is the only value of LabelAdoptable that has an effect.
	AdoptableTrue = "true"
)

// Values of AnnotationVolumesWhenDeleted.
const (
	// VolumesWhenDeletedRetain keeps the PersistentVolumeClaims.
	VolumesWhenDeletedRetain = "Retain"
	// VolumesWhenDeletedDelete deletes them with the Sandbox, as without the annotation.
	VolumesWhenDeletedDelete = "Delete"
)

// Values of AnnotationPodIdentity.
const (
	// PodIdentityOwn gives a Pod the labels of its Sandbox, as without the annotation.
	PodIdentityOwn = "Own"
	// PodIdentityShared keeps them off.
	PodIdentityShared = "Shared"

	// SharedNameHash is the value of LabelSandboxNameHash on a Pod whose labels are shared. The hash of a name has eight digits.
	SharedNameHash = "shared"
)

// Annotations.
const (
	// AnnotationPodName is on a Sandbox: the name of its Pod. Clients read it; without it the Pod has the Sandbox's
	// name. It differs from that name only on a Sandbox whose Pod was taken from a pool of Pods.
	AnnotationPodName = ReservedPrefix + "pod-name"

	// AnnotationTemplateRef is on a Sandbox: the name of the SandboxTemplate that it came from. Written by the pool
	// and claim controllers when they create the Sandbox.
	AnnotationTemplateRef = ReservedPrefix + "sandbox-template-ref"

	// AnnotationNetworkPolicyManagement is on a Sandbox that was created from a SandboxTemplate whose
	// networkPolicyManagement was Unmanaged then, with that value. Such a Sandbox needs no NetworkPolicy when the template is
	// gone. Written by the pool and claim controllers when they create the Sandbox.
	AnnotationNetworkPolicyManagement = ReservedPrefix + "network-policy-management"

	// AnnotationPropagatedLabels is on a Pod: the sorted, comma-separated label keys that came from the pod template,
	// so that they can be removed when the template drops them. Written by the Sandbox controller.
	AnnotationPropagatedLabels = ReservedPrefix + "propagated-labels"

	// AnnotationPropagatedAnnotations is on a Pod: as AnnotationPropagatedLabels, for annotation keys.
	AnnotationPropagatedAnnotations = ReservedPrefix + "propagated-annotations"

	// AnnotationBinding is on a claim: the name of the Sandbox that the claim is bound to. Written once, at admission
	// or by the claim controller, before that Sandbox is touched.
	AnnotationBinding = ReservedPrefix + "sandbox-name"

	// AnnotationClaimLabels is on a Sandbox that a claim controls: the sorted, comma-separated label keys of its pod template
	// that came from the claim's additionalPodMetadata, so that they can be taken away again. Written by the claim controller.
	AnnotationClaimLabels = ReservedPrefix + "claim-labels"

	// AnnotationClaimAnnotations is on a Sandbox: as AnnotationClaimLabels, for annotation keys.
	AnnotationClaimAnnotations = ReservedPrefix + "claim-annotations"

	// AnnotationControllerFirstObservedAt is on a claim: when the claim was first seen here (RFC 3339, nanoseconds).
	AnnotationControllerFirstObservedAt = ReservedPrefix + "controller-first-observed-at"

	// AnnotationClaimFirstReadyAt is on a claim that was Ready and stopped being so: when it first became Ready
	// (RFC 3339). Until then its Ready condition tells. Written by the claim controller; latency is measured once, while
	// this is missing. agent-sandbox writes it at once, or "unknown".
	AnnotationClaimFirstReadyAt = ReservedPrefix + "claim-first-ready-at"

	// AnnotationNamedClaimsOnly is on a SandboxWarmPool: "true" keeps the pool for claims that name it, "false" is as without it.
	// Claims that name the template alone then get none of the pool's Sandboxes. Written by whoever maintains the pool.
	AnnotationNamedClaimsOnly = ReservedPrefix + "named-claims-only"

	// AnnotationProtectClaimedPods is on a SandboxWarmPool: "true" keeps autoscalers from evicting the Pods of Sandboxes that claims
	// get from the pool, or that are created for claims that name it; "false" is as without it. Written by whoever maintains the
	// pool. Adoption and cold creation copy it to the Sandbox, whose Pod then has AnnotationSafeToEvict and AnnotationDoNotDisrupt.
	AnnotationProtectClaimedPods = ReservedPrefix + "protect-claimed-pods"

	// AnnotationClientFirstRequestedAt is on a claim: when the client asked for it (RFC 3339). Written by clients.
	AnnotationClientFirstRequestedAt = ReservedPrefix + "client-first-requested-at"

	// AnnotationWebhookFirstObservedAt is on a claim: when an admission webhook of the cluster's own first saw it
	// (RFC 3339). Nothing here writes it; it is read for the startup latency.
	AnnotationWebhookFirstObservedAt = ReservedPrefix + "webhook-first-observed-at"

	// AnnotationCreationLatencyRecorded is reserved: nothing writes or reads it.
	AnnotationCreationLatencyRecorded = ReservedPrefix + "creation-latency-recorded"

	// AnnotationTraceContext is on a claim and on its Sandbox: a JSON map of W3C trace headers. Written by clients, or
	// by the controllers where tracing is on; adoption and cold creation copy the claim's to the Sandbox.
	AnnotationTraceContext = "opentelemetry.io/trace-context"

	// AnnotationKeepEndedPod is on a Sandbox: KeepEndedPodTrue keeps a Pod that failed, for its log, although its restartPolicy is
	// Always; KeepEndedPodFalse is as without it. Another Pod takes its place when that one is deleted. Written by users.
	AnnotationKeepEndedPod = ReservedPrefix + "keep-ended-pod"

	// AnnotationVolumesWhenDeleted is on a Sandbox, a claim or a SandboxTemplate: what becomes of the Sandbox's PersistentVolumeClaims when
	// it is deleted, VolumesWhenDeletedRetain or VolumesWhenDeletedDelete, as a StatefulSet's
	// persistentVolumeClaimRetentionPolicy.whenDeleted. Written by users; adoption and creation copy the claim's, or else the
	// template's, to the Sandbox, whose word counts.
	AnnotationVolumesWhenDeleted = ReservedPrefix + "volumes-when-deleted"

	// AnnotationPodIdentity is on a Sandbox or a SandboxTemplate: PodIdentityShared keeps labels that are the Sandbox's alone, its
	// pool's or its claim's off its Pod, as long as it has no Service to select by them; PodIdentityOwn is as without it. A network
	// plugin that makes an identity of each set of labels then makes one for all Pods of a template. Written by users; creation copies
	// the template's to the Sandbox, whose word counts.
	AnnotationPodIdentity = ReservedPrefix + "pod-identity"

	// AnnotationSafeToEvict is on a Sandbox in a pool and on its Pod, "true" where the pool controller runs with eviction
	// allowed and the template says nothing of it: the cluster autoscaler may then evict the Pod. Written by the pool
	// controller, copied to the Pod while a pool controls the Sandbox; adoption removes it.
	AnnotationSafeToEvict = "cluster-autoscaler.kubernetes.io/safe-to-evict"

	// AnnotationDoNotDisrupt is on the Pod of a claimed Sandbox with AnnotationProtectClaimedPods: "true" keeps Karpenter from evicting
	// it. Nothing here reads it.
	AnnotationDoNotDisrupt = "karpenter.sh/do-not-disrupt"
)
