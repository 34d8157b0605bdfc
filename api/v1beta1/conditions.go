package v1beta1

// Condition types of a Sandbox.
const (
	// ConditionReady is True when the Pod is Ready and has an IP address, and the Service exists where one is asked for.
	ConditionReady = "Ready"
	// ConditionSuspended is True when the Sandbox is suspended and its Pod is gone.
	ConditionSuspended = "Suspended"
	// ConditionFinished is True when the Pod ended by itself and is not replaced; it is absent otherwise. It stays when the Pod of
	// a task is gone, whose restartPolicy is Never or OnFailure, or that of all its containers, or that has activeDeadlineSeconds.
	ConditionFinished = "Finished"
	// ConditionPodScheduled mirrors the condition of the same name of the Pod; it is absent where there is no Pod.
	ConditionPodScheduled = "PodScheduled"
)

// Reasons of ConditionReady.
const (
	// ReasonPending: no controller has looked at the object yet. The API server shows this itself, as the default of a status, on
	// Sandboxes, claims and pools: tools that wait for Ready know from the first moment that there is something to wait for.
	ReasonPending = "Pending"
	// ReasonDependenciesReady: the Pod is Ready, and the Service exists where one is asked for.
	ReasonDependenciesReady = "DependenciesReady"
	// ReasonDependenciesNotReady: the Pod or the Service is missing or not ready yet.
	ReasonDependenciesNotReady = "DependenciesNotReady"
	// ReasonSandboxSuspended: the Sandbox is suspended, or about to be.
	ReasonSandboxSuspended = "SandboxSuspended"
	// ReasonSandboxExpired: shutdownTime has passed.
	ReasonSandboxExpired = "SandboxExpired"
	// ReasonMultiplePods: more than one Pod is controlled by the Sandbox; nothing is created or deleted.
	ReasonMultiplePods = "MultiplePods"
	// ReasonNetworkPolicyNotReady: the Pod is not created before the NetworkPolicy of the Sandbox's template is as it should be, or the
	// cluster keeps from the Pod the label by which that policy selects it.
	ReasonNetworkPolicyNotReady = "NetworkPolicyNotReady"
	// ReasonReconcilerError: the last pass failed; the message says how.
	ReasonReconcilerError = "ReconcilerError"
	// ReasonInvalidConfiguration: the API server finds the Pod, a PersistentVolumeClaim or the Service invalid; the message says why.
	// It is not tried again before the spec changes, but every ten minutes.
	ReasonInvalidConfiguration = "InvalidConfiguration"
)

// Reasons of the events of a Sandbox, besides those that are reasons of a condition: MultiplePods, SandboxSuspended, SandboxExpired,
// PodSucceeded and PodFailed.
const (
	// EventSandboxPodCreated: the Pod was created.
	EventSandboxPodCreated = "SandboxPodCreated"
	// EventSandboxPodCreateFailed: the Pod could not be created; the message says why.
	EventSandboxPodCreateFailed = "SandboxPodCreateFailed"
	// EventSandboxReady: the Sandbox turned Ready.
	EventSandboxReady = "SandboxReady"
)

// Reasons of ConditionFinished and, once the Pod has ended, of ConditionReady.
const (
	// ReasonPodSucceeded: the Pod completed successfully.
	ReasonPodSucceeded = "PodSucceeded"
	// ReasonPodFailed: the Pod failed.
	ReasonPodFailed = "PodFailed"
)

// Reasons of ConditionSuspended.
const (
	// ReasonNotSuspended: the Sandbox is not suspended.
	ReasonNotSuspended = "NotSuspended"
	// ReasonPodTerminating: the Pod is being deleted.
	ReasonPodTerminating = "PodTerminating"
	// ReasonPodTerminated: the Pod is gone.
	ReasonPodTerminated = "PodTerminated"
	// ReasonPodNotOwned: the Pod of the Sandbox's name belongs to someone else and was left alone.
	ReasonPodNotOwned = "PodNotOwned"
	// ReasonPodStateUnknown: the Pod could not be read, or there is more than one.
	ReasonPodStateUnknown = "PodStateUnknown"
)

// Reasons of ConditionPodScheduled when the Pod gives none.
const (
	// ReasonPodScheduled: the Pod is scheduled.
	ReasonPodScheduled = "PodScheduled"
	// ReasonPodSchedulingUnknown: the Pod does not say yet, or not in words of a condition; or the Pod could not be read, or
	// not be had, or there is more than one.
	ReasonPodSchedulingUnknown = "PodSchedulingUnknown"
)
